import fc from 'fast-check';
import { expect, test } from 'vitest';
import { after, instanceState, raisedMessage } from '../../test/helpers/factories.ts';
import { codec } from '../protocol/codec.ts';
import { type AnyHistoryEvent, type Timestamp } from '../protocol/messages.ts';
import { type CarriedOver, orderCarriedOver } from './carried-over.ts';
import { compareTimes } from './time.ts';

const state = instanceState();
const EPOCH = { seconds: 0, nanos: 0 };

function raised(name: string, timestamp: Timestamp | null, value = '1'): AnyHistoryEvent {
  const event = { eventId: 0, eventRaised: { name, input: { value } } };
  return codec.decodeEvent(codec.encodeEvent(timestamp ? { ...event, timestamp } : event));
}

function order(events: AnyHistoryEvent[], inbound: Buffer[] = []): CarriedOver[] {
  return orderCarriedOver(events, { state, inbound, at: after(10) }, codec);
}

function contents(carried: CarriedOver[]): string[] {
  return carried.map(({ event }) => {
    const { eventRaised } = codec.decodeEvent(event) as Extract<
      AnyHistoryEvent,
      { eventType: 'eventRaised' }
    >;
    return `${eventRaised.name}=${eventRaised.input?.value ?? ''}`;
  });
}

test('events with timestamps are put in the order of those', () => {
  const carried = order([raised('b', after(3)), raised('a', after(1)), raised('c', after(2))]);
  expect(contents(carried)).toEqual(['a=1', 'c=1', 'b=1']);
  expect(carried.map(({ timestamp }) => timestamp)).toEqual([after(1), after(2), after(3)]);
});

test('events grouped by name without timestamps are put where the batch had them', () => {
  const inbound = [
    raisedMessage('Alpha', after(1)),
    raisedMessage('Beta', after(2)),
    raisedMessage('Alpha', after(3)),
  ].map(({ event }) => event);
  const carried = order(
    [raised('alpha', EPOCH, 'first'), raised('alpha', EPOCH, 'second'), raised('beta', null)],
    inbound,
  );
  expect(contents(carried)).toEqual(['alpha=first', 'beta=1', 'alpha=second']);
});

test('of a name, those left over are the last ones of the batch, after those of earlier turns', () => {
  const inbound = [
    raisedMessage('a', after(1)),
    raisedMessage('b', after(2)),
    raisedMessage('a', after(3)),
  ].map(({ event }) => event);
  expect(contents(order([raised('a', EPOCH), raised('b', EPOCH)], inbound))).toEqual(['b=1', 'a=1']);
  expect(
    contents(order([raised('b', EPOCH, 'old'), raised('b', EPOCH), raised('a', EPOCH)], inbound)),
  ).toEqual(['b=old', 'b=1', 'a=1']);
});

test('a timestamp that can be no place in the inbox says nothing', () => {
  const inbound = [raisedMessage('a', after(1)), raisedMessage('b', after(2))].map(({ event }) => event);
  const carried = order([raised('b', after(2)), raised('a', after(11))], inbound);
  expect(contents(carried)).toEqual(['a=1', 'b=1']);
});

test('events of the same bytes are two events', () => {
  const carried = order([raised('a', after(1)), raised('a', after(1))]);
  expect(carried.map(({ timestamp }) => timestamp)).toEqual([after(1), after(1, 100)]);
});

test('timestamps rise, are no older than the instance, and nothing is lost', () => {
  const anyTime = fc.oneof(
    fc.constant(null),
    fc.record({ seconds: fc.integer(), nanos: fc.integer() }),
    fc.nat(12).map((seconds) => after(seconds)),
  );
  const events = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'C'), anyTime));
  fc.assert(
    fc.property(events, fc.array(fc.constantFrom('A', 'b', 'c')), (drafts, arrived) => {
      const inbound = arrived.map((name, i) => raisedMessage(name, after(1, i * 100)).event);
      const carried = order(
        drafts.map(([name, timestamp], i) => raised(name, timestamp, String(i))),
        inbound,
      );
      expect(contents(carried).toSorted()).toEqual(drafts.map(([name], i) => `${name}=${i}`).toSorted());
      let last = after(0);
      for (const { timestamp } of carried) {
        expect(compareTimes(timestamp, last)).toBeGreaterThan(0);
        last = timestamp;
      }
    }),
  );
});
