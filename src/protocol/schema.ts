import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

/** Where the .proto lies, seen from src/protocol as well as from dist/protocol. */
const protoDirectory = fileURLToPath(new URL('../../protos', import.meta.url));
const protoFile = 'orchestrator_service.proto';
export const serviceName = 'TaskHubSidecarService';

/** The messages and the service of our .proto, read once when the program starts. */
export const schema = new protobuf.Root().loadSync(`${protoDirectory}/${protoFile}`).resolveAll();
