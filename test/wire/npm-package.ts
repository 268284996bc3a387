import { createRequire } from 'node:module';

/** A message of google-protobuf: fields are reached by methods whose names are made from the fields' names. */
export type TheirMessage = Readonly<Record<string, (...values: unknown[]) => unknown>> & {
  readonly serializeBinary: () => Uint8Array;
};

/** A class of messages, with what its generator notes about oneofs and repeated fields. */
export interface TheirClass {
  new (): TheirMessage;
  readonly deserializeBinary: (bytes: Uint8Array) => TheirMessage;
  readonly oneofGroups_?: readonly (readonly number[])[];
  readonly repeatedFields_?: readonly number[];
}

export type TheirEnum = Readonly<Record<string, number>>;

interface TheirMethod {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestType: TheirClass;
  readonly responseType: TheirClass;
}

const ownPackage = createRequire(import.meta.url);
const protoFolder = '@microsoft/durabletask-js/dist/proto';
/** Sees the version of google-protobuf that the package sees. */
const theirPackage = createRequire(ownPackage.resolve(`${protoFolder}/orchestrator_service_pb.js`));

const theirModule = ownPackage(`${protoFolder}/orchestrator_service_pb.js`) as Readonly<
  Record<string, TheirClass | TheirEnum>
>;

const grpc = ownPackage(`${protoFolder}/orchestrator_service_grpc_pb.js`) as {
  readonly TaskHubSidecarServiceService: Readonly<Record<string, TheirMethod>>;
};
/** The methods of the service in the published package. */
export const theirMethods = Object.values(grpc.TaskHubSidecarServiceService);

const wellKnown = Object.fromEntries(
  ['duration', 'empty', 'struct', 'timestamp', 'wrappers'].flatMap((name) =>
    Object.entries(
      theirPackage(`google-protobuf/google/protobuf/${name}_pb.js`) as Record<string, TheirClass>,
    ),
  ),
);

/** The generated messages and enums of the published package, by name; the module has Google's among them. */
export const theirs = Object.fromEntries(
  Object.entries(theirModule).filter(([name]) => name !== 'google' && !(name in wellKnown)),
);

export function isClass(value: TheirClass | TheirEnum | undefined): value is TheirClass {
  return typeof value === 'function';
}

/** Their class for one of our message types, given as ".Name" or ".google.protobuf.Name". */
export function theirClass(fullName: string): TheirClass {
  const name = fullName.split('.').at(-1) ?? '';
  const found = fullName.startsWith('.google.') ? wellKnown[name] : theirModule[name];
  if (!isClass(found)) throw new Error(`the package has no message ${fullName}`);
  return found;
}

/** What the methods of a field end in: the generator lower-cases each word between underscores but for its first letter. */
export function accessorName(fullName: string, field: string): string {
  const word = fullName.startsWith('.google.') ? field : field.toLowerCase();
  return word.charAt(0).toUpperCase() + word.slice(1);
}
