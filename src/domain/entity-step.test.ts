import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  callMessage,
  entityState,
  holderNamed,
  lockMessage,
  signalMessage,
} from '../../test/helpers/entity-factories.ts';
import { after, inboxMessage } from '../../test/helpers/factories.ts';
import { entityEventOf } from './entity-message.ts';
import { buildBatch, isVoid, lockRequestOf, nextEntityStep } from './entity-step.ts';
import { type LockHolder } from './instance.ts';
import { limits } from './limits.ts';
import { type Message } from './message.ts';

const [mine, yours] = [holderNamed(1), holderNamed(2)];
const held = entityState({ heldBy: mine });
const free = entityState();
const unknown = inboxMessage('unknown', {});

const messages = fc.array(
  fc.oneof(
    fc.constant(null).map(() => signalMessage()),
    fc.constantFrom(mine, yours).map((sender) => callMessage(sender)),
    fc.constantFrom(mine, yours).map((sender) => lockMessage(sender)),
    fc.constant(unknown),
  ),
  { maxLength: 12 },
);

const isOwn = (holder: LockHolder, { kind, event }: Message): boolean =>
  kind === 'call' && event.readBigUInt64BE(1) === BigInt(holder.key);

describe('an entity that nobody holds', () => {
  test('handles what stands before the first lock request, then locks', () => {
    fc.assert(
      fc.property(messages, (inbox) => {
        const known = inbox.filter(({ kind }) => kind !== 'unknown');
        const [first] = known;
        const expected = first === undefined ? null : first.kind === 'lockRequest' ? 'lock' : 'batch';
        expect(nextEntityStep(free, inbox)).toBe(expected);
        const end = known.findIndex(({ kind }) => kind === 'lockRequest');
        const { consumed, events } = buildBatch(free, inbox, after(1));
        expect(consumed).toEqual(end < 0 ? known : known.slice(0, end));
        expect(events).toEqual(consumed.map(entityEventOf));
        expect(consumed.length > 0).toBe(expected === 'batch');
        expect(lockRequestOf(inbox)).toBe(known[end]);
      }),
    );
  });
});

describe('an entity that is held', () => {
  test('handles calls of its holder, all of them and nothing else', () => {
    fc.assert(
      fc.property(messages, (inbox) => {
        const own = inbox.filter((message) => isOwn(mine, message));
        expect(buildBatch(held, inbox, after(1)).consumed).toEqual(own);
        expect(nextEntityStep(held, inbox)).toBe(own.length > 0 ? 'batch' : null);
      }),
    );
  });

  test('knows its holder by key and generation', () => {
    const before = callMessage({ ...mine, generation: 1 });
    expect(nextEntityStep(held, [before])).toBeNull();
    expect(nextEntityStep(held, [before, callMessage(mine)])).toBe('batch');
  });
});

describe('a batch', () => {
  test('has at most five hundred operations', () => {
    const many = Array.from({ length: limits.entityBatch + 20 }, () => signalMessage());
    expect(buildBatch(free, many, after(1)).consumed).toEqual(many.slice(0, limits.entityBatch));
  });

  test('ends before it has too many bytes, and has at least one operation', () => {
    const large = signalMessage('large', 'x'.repeat(limits.newEventsBytes));
    const [small, next] = [signalMessage(), signalMessage()];
    expect(buildBatch(free, [large, small], after(1)).consumed).toEqual([large]);
    expect(buildBatch(free, [small, next, large, small], after(1)).consumed).toEqual([small, next]);
  });
});

test('an entity is void without state, lock and messages', () => {
  const empty = entityState({ entityState: null });
  expect(isVoid(empty, [])).toBe(true);
  expect(isVoid(empty, [unknown])).toBe(false);
  expect(isVoid(entityState({ entityState: '' }), [])).toBe(false);
  expect(isVoid(entityState({ entityState: null, heldBy: mine }), [])).toBe(false);
});
