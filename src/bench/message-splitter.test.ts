import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prefixed } from './answers.ts';
import { MessageSplitter } from './message-splitter.ts';

test('messages come out whole and in order, however the bytes were cut', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)));
  const lengths = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 });
  fc.assert(
    fc.property(messages, lengths, (sent, cuts) => {
      const bytes = Buffer.concat(sent.map(prefixed));
      const received: Buffer[] = [];
      const splitter = new MessageSplitter((message) => received.push(Buffer.from(message)));
      for (let at = 0, piece = 0; at < bytes.length; piece++) {
        const length = cuts[piece % cuts.length] ?? 1;
        splitter.put(bytes.subarray(at, at + length));
        at += length;
      }
      expect(received).toEqual(sent);
    }),
  );
});
