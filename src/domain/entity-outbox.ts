import { entityNameOf } from './entity-id.ts';
import { instanceId, partitionOf } from './ids.ts';
import { type MessageDraft } from './message.ts';
import { type Micros, toMicrosUp } from './time.ts';
import { type Tools } from './tools.ts';
import { type EntityMessage } from './write.ts';

interface ToEntity {
  readonly hubId: number;
  readonly id: string;
  readonly message: MessageDraft;
  readonly requestId?: string | null;
  readonly firesAt?: Micros | null;
}

/** A message for an entity, unconditional; unless told otherwise, at once and each time that it is sent. */
export function toEntity(
  { hubId, id, message, requestId = null, firesAt = null }: ToEntity,
  { now, ids }: Pick<Tools, 'now' | 'ids'>,
): EntityMessage {
  return {
    partition: partitionOf(hubId, id),
    hubId,
    id: instanceId(id),
    name: entityNameOf(id),
    createdAt: toMicrosUp(now),
    newKey: ids.key(),
    message,
    requestId,
    ifOver: null,
    firesAt,
  };
}
