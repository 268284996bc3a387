import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entityEventOf, isOperation, isSentBy, senderOf, withSender } from './entity-message.ts';

const senders = fc.record({
  partition: fc.nat(255),
  key: fc.maxSafeNat(),
  generation: fc.oneof(fc.nat(5), fc.nat(2 ** 31 - 1)),
});
const events = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));

test('a message keeps who sent it and the event as it is', () => {
  fc.assert(
    fc.property(senders, events, (sender, event) => {
      const bytes = withSender(sender, event);
      expect(senderOf({ event: bytes })).toEqual(sender);
      for (const kind of ['call', 'lockRequest', 'release'] as const) {
        expect(entityEventOf({ kind, event: bytes })).toEqual(event);
      }
    }),
  );
});

test('a signal is the event alone', () => {
  const event = Buffer.from('an event of some length');
  expect(entityEventOf({ kind: 'signal', event })).toBe(event);
});

test('a message is sent by one generation of one instance', () => {
  fc.assert(
    fc.property(senders, senders, (one, other) => {
      const message = { event: withSender(one, Buffer.alloc(0)) };
      expect(isSentBy(message, one)).toBe(true);
      expect(isSentBy(message, { ...one, generation: one.generation + 1 })).toBe(false);
      expect(isSentBy(message, other)).toBe(one.key === other.key && one.generation === other.generation);
    }),
  );
});

test('workers handle signals and calls', () => {
  const kinds = ['signal', 'call', 'lockRequest', 'release', 'purge', 'unknown'] as const;
  expect(kinds.filter(isOperation)).toEqual(['signal', 'call']);
});
