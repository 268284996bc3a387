import { entityNameOf } from './entity-id.ts';
import { instanceId, partitionOf } from './ids.ts';
import { type MessageDraft } from './message.ts';
import { toMicrosUp } from './time.ts';
import { type Tools } from './tools.ts';
import { type EntityMessage } from './write.ts';

interface ToEntity {
  readonly hubId: number;
  readonly id: string;
  readonly message: MessageDraft;
}

/** A message for an entity, unconditional and at once. */
export function toEntity(
  { hubId, id, message }: ToEntity,
  { now, ids }: Pick<Tools, 'now' | 'ids'>,
): EntityMessage {
  return {
    ...{ hubId, message, requestId: null, ifOver: null, firesAt: null },
    partition: partitionOf(hubId, id),
    id: instanceId(id),
    name: entityNameOf(id),
    createdAt: toMicrosUp(now),
    newKey: ids.key(),
  };
}
