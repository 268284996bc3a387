import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

/** Where the .proto files lie, seen from src/protocol as well as from dist/protocol. */
const protoDirectory = fileURLToPath(new URL('../../protos', import.meta.url));
const protoFiles = ['orchestrator_service.proto', 'perdura/v1/admin.proto'];
/** The service of the SDKs. */
export const serviceName = 'TaskHubSidecarService';
/** Our own, for operators. */
export const adminName = 'perdura.v1.Admin';

/** The messages and services of our .proto files, read once when the program starts. */
export const schema = new protobuf.Root()
  .loadSync(protoFiles.map((file) => `${protoDirectory}/${file}`))
  .resolveAll();
