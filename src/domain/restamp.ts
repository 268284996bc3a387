import { type Codec } from '../protocol/codec.ts';
import { type Timestamp } from '../protocol/messages.ts';
import { WireReader } from '../protocol/wire-reader.ts';

/** HistoryEvent.timestamp = 2, length-delimited. */
const TIMESTAMP = 0x12;

/** The encoded event with another timestamp; all its other bytes are as they were. */
export function restamp(event: Buffer, timestamp: Timestamp, codec: Pick<Codec, 'encodeEvent'>): Buffer {
  const field = codec.encodeEvent({ timestamp });
  const reader = new WireReader(event);
  while (reader.at < event.length) {
    const start = reader.at;
    const tag = reader.tag();
    reader.skip(tag);
    if (tag === TIMESTAMP) return Buffer.concat([event.subarray(0, start), field, event.subarray(reader.at)]);
  }
  return Buffer.concat([field, event]);
}
