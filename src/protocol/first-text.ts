import { WireReader, wireTypes } from './wire-reader.ts';

const FIRST_TEXT = (1 << 3) | wireTypes.bytes;

/** The text in field 1 of a message, '' when it has none; the rest is passed over. Throws a `ProtocolError` for what is no message. */
export function firstText(message: Buffer): string {
  const reader = new WireReader(message);
  let text = '';
  while (reader.at < message.length) {
    const tag = reader.tag();
    if (tag === FIRST_TEXT) {
      const end = reader.lengthEnd();
      // Of several, the last one counts.
      text = message.toString('utf8', reader.at, end);
      reader.at = end;
    } else reader.skip(tag);
  }
  return text;
}
