// What an entity's inbox holds besides the event: who sent it. The row of a call, a lock request or a release is
//
//   partition, 1 byte | instance key, 8 | generation, 4 | encoded HistoryEvent
//
// with the key of the orchestration that sent it: its answer goes to that generation, and a lock is that generation's.
// A signal is the event alone: nobody waits for it.

import { type InstanceKey } from './ids.ts';
import { type Message, type MessageKind } from './message.ts';

/** Of that, before the event. */
export const SENDER_BYTES = 13;
export const kindsWithSender = ['call', 'lockRequest', 'release'] as const satisfies readonly MessageKind[];

/** One generation of an orchestration: who calls, requests a lock or holds one. */
export interface Sender extends InstanceKey {
  readonly generation: number;
}

export function withSender({ partition, key, generation }: Sender, event: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(SENDER_BYTES + event.length);
  bytes[0] = partition;
  bytes.writeBigUInt64BE(BigInt(key), 1);
  bytes.writeUInt32BE(generation, 9);
  event.copy(bytes, SENDER_BYTES);
  return bytes;
}

export function senderOf({ event }: Pick<Message, 'event'>): Sender {
  return {
    partition: event.readUInt8(0),
    key: Number(event.readBigUInt64BE(1)),
    generation: event.readUInt32BE(9),
  };
}

export function isSentBy(message: Pick<Message, 'event'>, { key, generation }: Sender): boolean {
  const sender = senderOf(message);
  return sender.key === key && sender.generation === generation;
}

/** The event as workers are shown it. */
export function entityEventOf({ kind, event }: Pick<Message, 'kind' | 'event'>): Buffer {
  return kind === 'signal' ? event : event.subarray(SENDER_BYTES);
}

/** Whether a worker handles it. */
export function isOperation(kind: MessageKind | 'unknown'): boolean {
  return kind === 'signal' || kind === 'call';
}
