import fc from 'fast-check';
import { expect, test } from 'vitest';
import { after } from '../../test/helpers/factories.ts';
import { codec } from '../protocol/codec.ts';
import { restamp } from './restamp.ts';

const raised = { name: 'a', input: { value: 'b' } };
const moments = fc.record({ seconds: fc.nat(4_000_000_000), nanos: fc.nat(999_999_999) });

test('an event with another timestamp is what it would have been with that one', () => {
  fc.assert(
    fc.property(moments, moments, fc.integer(), (old, timestamp, eventId) => {
      const event = codec.encodeEvent({ eventId, timestamp: old, eventRaised: raised });
      const expected = codec.encodeEvent({ eventId, timestamp, eventRaised: raised });
      expect(restamp(event, timestamp, codec).equals(expected)).toBe(true);
    }),
  );
});

test('fields that the server does not know stay', () => {
  const unknown = Buffer.from([0xf8, 0x06, 5]);
  const event = Buffer.concat([codec.encodeEvent({ timestamp: after(1), eventRaised: raised }), unknown]);
  expect(restamp(event, after(2), codec).subarray(-3)).toEqual(unknown);
});

test('an event without a timestamp gets one', () => {
  const event = restamp(codec.encodeEvent({ eventId: -1, eventRaised: raised }), after(2), codec);
  expect(codec.decodeEvent(event)).toMatchObject({ eventId: -1, timestamp: after(2), eventRaised: raised });
});
