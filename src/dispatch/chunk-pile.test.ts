import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { responseOf } from '../../test/helpers/factories.ts';
import { scheduleTask } from '../../test/helpers/scripted-worker.ts';
import { limits } from '../domain/limits.ts';
import { type OrchestratorResponse } from '../protocol/messages.ts';
import { ChunkPile } from './chunk-pile.ts';

/** A part with one action, whose id tells it from others. */
function part(index: number, isLast: boolean, actionId = index): OrchestratorResponse {
  return responseOf({
    completionToken: 'token',
    customStatus: { value: `from ${index}` },
    chunkIndex: { value: index },
    isPartial: !isLast,
    actions: [scheduleTask(actionId, 'A')],
  });
}

function actionIds(whole: ReturnType<ChunkPile['add']>): number[] {
  if (whole === undefined || whole === 'too large') throw new Error(`the answer is ${whole ?? 'not whole'}`);
  return whole.actions.map(({ id }) => id);
}

test('parts in any order, some of them several times, become the actions in the order of the parts', () => {
  const deliveries = fc
    .integer({ min: 1, max: 8 })
    .chain((size) =>
      fc.tuple(
        fc.constant(size),
        fc.shuffledSubarray([...Array(size).keys()], { minLength: size, maxLength: size }),
        fc.array(fc.nat(size - 1), { maxLength: 5 }),
      ),
    );
  fc.assert(
    fc.property(deliveries, ([size, order, repeated]) => {
      const pile = new ChunkPile();
      const [last, ...before] = order.toReversed();
      const incomplete = [...before, ...repeated.filter((index) => index !== last)];
      for (const index of incomplete) {
        expect(pile.add(part(index, index === size - 1), 10)).toBeUndefined();
      }
      expect(actionIds(pile.add(part(last ?? 0, last === size - 1), 10))).toEqual([...Array(size).keys()]);
    }),
  );
});

describe('a whole answer', () => {
  test('has all else from its first part, and is not partial any more', () => {
    const pile = new ChunkPile();
    pile.add(part(1, true), 10);
    expect(pile.add(part(0, false), 10)).toMatchObject({
      completionToken: 'token',
      customStatus: { value: 'from 0' },
      isPartial: false,
    });
  });

  test('has the latest of a part that was sent again', () => {
    const pile = new ChunkPile();
    pile.add(part(0, false, 7), 10);
    pile.add(part(0, false, 8), 10);
    expect(actionIds(pile.add(part(1, true, 9), 10))).toEqual([8, 9]);
  });

  test('comes again when its last part comes again: whoever records it decides', () => {
    const pile = new ChunkPile();
    pile.add(part(0, false), 10);
    pile.add(part(1, true), 10);
    expect(actionIds(pile.add(part(1, true), 10))).toEqual([0, 1]);
  });

  test('ends with the part that said last that it is the last', () => {
    const pile = new ChunkPile();
    pile.add(part(2, true), 10);
    pile.add(part(1, true), 10);
    expect(actionIds(pile.add(part(0, false), 10))).toEqual([0, 1]);
  });

  test('can not end before it begins', () => {
    expect(new ChunkPile().add(part(-1, true), 10)).toBeUndefined();
  });
});

describe('what is kept', () => {
  test('has at most 64 MiB; a part that replaces another counts once', () => {
    const half = limits.chunkPileBytes / 2;
    const pile = new ChunkPile();
    for (let attempt = 0; attempt < 5; attempt++) expect(pile.add(part(0, false), half)).toBeUndefined();
    expect(pile.add(part(1, false), half)).toBeUndefined();
    expect(pile.add(part(2, false), 1)).toBe('too large');
  });

  test('is too large when its parts have more actions than one message may, and a repeated part counts once', () => {
    const one = part(0, false);
    const half: OrchestratorResponse = {
      ...one,
      actions: Array.from({ length: limits.receivedMessageValues / 2 }, () => one.actions).flat(),
    };
    const pile = new ChunkPile();
    for (let time = 0; time < 3; time++) expect(pile.add(half, 10)).toBeUndefined();
    expect(pile.add({ ...half, chunkIndex: { value: 1 } }, 10)).toBeUndefined();
    expect(pile.add(part(2, false), 10)).toBe('too large');
  });

  test('is too large also when the part that is too much is the last', () => {
    expect(new ChunkPile().add(part(0, true), limits.chunkPileBytes + 1)).toBe('too large');
  });

  test('has a limited number of parts, however small', () => {
    const pile = new ChunkPile();
    for (let index = 0; index < limits.chunkPileParts; index++) {
      expect(pile.add(part(index, false), 0)).toBeUndefined();
    }
    expect(pile.add(part(limits.chunkPileParts, false), 0)).toBe('too large');
  });
});
