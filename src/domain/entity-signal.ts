import { type HistoryEventOf } from '../protocol/messages.ts';
import { toEntity } from './entity-outbox.ts';
import { ranks } from './message.ts';
import { compareTimes, toDueMicros } from './time.ts';
import { type Tools } from './tools.ts';
import { type EntityMessage } from './write.ts';

interface Signal {
  readonly hubId: number;
  readonly id: string;
  /** Of a request that may be repeated. */
  readonly requestId?: string | null;
  readonly operation: Omit<
    HistoryEventOf<'entityOperationSignaled'>['entityOperationSignaled'],
    'targetInstanceId'
  >;
}

/** A signal, at once or not before its time. Nobody waits for it, and whoever sends it holds no lock. */
export function signalMessage(
  { hubId, id, requestId = null, operation }: Signal,
  tools: Tools,
): EntityMessage {
  const { now, codec } = tools;
  const event = codec.encodeEvent({ eventId: -1, timestamp: now, entityOperationSignaled: operation });
  const { scheduledTime: due } = operation;
  const message = { rank: ranks.arrived, kind: 'signal', event } as const;
  const firesAt = due && compareTimes(due, now) > 0 ? toDueMicros(due) : null;
  return toEntity({ hubId, id, message, requestId, firesAt }, tools);
}
