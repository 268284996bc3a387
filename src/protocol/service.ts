import { loadPackageDefinition, type ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON, type PackageDefinition } from '@grpc/proto-loader';
import { type INamespace } from 'protobufjs';
import { conversion } from './codec.ts';
import { type ProtoGrpcType } from './generated/orchestrator_service.ts';
import { schema, serviceName } from './schema.ts';

const asIs = (bytes: Buffer): Buffer => bytes;

/**
 * The service for a gRPC server whose handlers get and answer bytes: they decode by `codec`, which reads more
 * strictly than gRPC's own tools, and answer with bytes that were made elsewhere (framing.ts).
 */
export const serviceDefinition: ServiceDefinition = Object.fromEntries(
  schema.lookupService(serviceName).methodsArray.map((method) => [
    method.name,
    {
      path: `/${serviceName}/${method.name}`,
      requestStream: method.requestStream === true,
      responseStream: method.responseStream === true,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  ]),
);

/**
 * What server reflection describes: every message and the service, with their file descriptors. Reserved numbers are
 * left out: protobufjs writes their ranges in a form that other readers of descriptors refuse.
 */
export function loadDescriptors(): PackageDefinition {
  const withoutReserved = (key: string, value: unknown): unknown => (key === 'reserved' ? undefined : value);
  const described = JSON.parse(JSON.stringify(schema.toJSON(), withoutReserved)) as INamespace;
  return fromJSON(described, conversion);
}

/** The generated client, for the command line and tests: `new (loadClientPackage().TaskHubSidecarService)(…)`. */
export function loadClientPackage(): ProtoGrpcType {
  return loadPackageDefinition(loadDescriptors()) as unknown as ProtoGrpcType;
}
