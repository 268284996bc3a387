import { unavailable } from '../domain/errors.ts';
import { hubName, type HubName } from '../domain/ids.ts';
import { emptyMessage } from '../protocol/framing.ts';
import { createHub } from '../scheduler/create-hub.ts';
import { deleteHub } from '../scheduler/delete-hub.ts';
import { decodeRequest } from './decode.ts';
import { hubOf } from './metadata.ts';
import { type GrpcParts } from './parts.ts';
import { answering, type UnaryCall, type UnaryHandler } from './unary.ts';

/** Task hubs themselves; the hub that is meant is the one that the call's metadata names. */
export function hubHandlers(parts: GrpcParts): Record<string, UnaryHandler> {
  const { hubs, codec, isServing } = parts;
  return {
    Hello: answering(parts, async ({ metadata }) => {
      if (!isServing()) throw unavailable('the server is stopping');
      await hubs.contextFor(hubOf(metadata));
      return emptyMessage;
    }),
    CreateTaskHub: answering(parts, async (call) => {
      const { recreateIfExists } = decodeRequest(() => codec.decode('CreateTaskHubRequest', call.request));
      await createHub(hubs, await namedBy(call, parts), recreateIfExists);
      return emptyMessage;
    }),
    DeleteTaskHub: answering(parts, async (call) => {
      decodeRequest(() => codec.decode('DeleteTaskHubRequest', call.request));
      await deleteHub(hubs, await namedBy(call, parts));
      return emptyMessage;
    }),
  };
}

async function namedBy({ metadata }: UnaryCall, { hubs }: GrpcParts): Promise<HubName> {
  const name = hubOf(metadata);
  return name === undefined ? (await hubs.contextFor(undefined)).hub : hubName(name);
}
