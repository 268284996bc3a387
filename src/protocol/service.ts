import { loadPackageDefinition, type ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON, type PackageDefinition } from '@grpc/proto-loader';
import { type INamespace } from 'protobufjs';
import { conversion } from './codec.ts';
import { type ProtoGrpcType as Admin } from './generated/admin.ts';
import { type ProtoGrpcType as Sidecar } from './generated/orchestrator_service.ts';
import { adminName, schema, serviceName } from './schema.ts';

const asIs = (bytes: Buffer): Buffer => bytes;

/**
 * A service for a gRPC server whose handlers get and answer bytes: they decode by `codec`, which reads more
 * strictly than gRPC's own tools, and answer with bytes that were made elsewhere (framing.ts).
 */
function definitionOf(name: string): ServiceDefinition {
  return Object.fromEntries(
    schema.lookupService(name).methodsArray.map((method) => [
      method.name,
      {
        path: `/${name}/${method.name}`,
        requestStream: method.requestStream === true,
        responseStream: method.responseStream === true,
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
      },
    ]),
  );
}

export const serviceDefinition = definitionOf(serviceName);
export const adminDefinition = definitionOf(adminName);

/**
 * What server reflection describes: every message and service, with their file descriptors. Reserved numbers are
 * left out: protobufjs writes their ranges in a form that other readers of descriptors refuse.
 */
export function loadDescriptors(): PackageDefinition {
  const withoutReserved = (key: string, value: unknown): unknown => (key === 'reserved' ? undefined : value);
  const described = JSON.parse(JSON.stringify(schema.toJSON(), withoutReserved)) as INamespace;
  return fromJSON(described, conversion);
}

/** The generated client, for the command line and tests: `new (loadClientPackage().TaskHubSidecarService)(…)`. */
export function loadClientPackage(): Sidecar & Admin {
  return loadPackageDefinition(loadDescriptors()) as unknown as Sidecar & Admin;
}
