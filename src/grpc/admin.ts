import { decodeRequest } from './decode.ts';
import { type UntypedServiceImplementation } from '@grpc/grpc-js';
import { fromMicros } from '../domain/time.ts';
import { listHubs } from '../scheduler/list-hubs.ts';
import { type GrpcParts } from './parts.ts';
import { answering } from './unary.ts';

/** A handler for every rpc of the service for operators. */
export function adminHandlers(parts: GrpcParts): UntypedServiceImplementation {
  const { hubs, codec } = parts;
  return {
    ListTaskHubs: answering(parts, async ({ request }) => {
      decodeRequest(() => codec.decode('perdura.v1.ListTaskHubsRequest', request));
      const taskHubs = (await listHubs(hubs)).map((hub) => ({
        name: hub.name,
        createdTimestamp: fromMicros(hub.createdAt),
      }));
      return codec.encode('perdura.v1.ListTaskHubsResponse', { taskHubs });
    }),
  };
}
