import { entityIdProblem } from '../domain/entity-id.ts';
import { instanceId } from '../domain/ids.ts';
import { type HubContext } from './context.ts';
import { sendControl } from './send-control.ts';

/** Takes an entity's state and signals away. Returns whether there was anything (entities §1.10). */
export async function purgeEntity(context: HubContext, id: string): Promise<number> {
  const { hubId, store, codec, now, settings } = context;
  if (entityIdProblem(id, settings.bounds) !== undefined) return 0;
  const entity = await store.readEntity(hubId, instanceId(id), false);
  if (!entity) return 0;
  const event = codec.encodeEvent({ eventId: -1, timestamp: now() });
  await sendControl(context, instanceId(id), { kind: 'purge', event });
  return entity.hasState || entity.backlog > 0 ? 1 : 0;
}
