import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bounds } from '../../test/helpers/factories.ts';
import { entityIdProblem, entityNameOf, isEntityId, lockOrder } from './entity-id.ts';

const names = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((name) => !/[@\0]/.test(name));
const keys = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((key) => !key.includes('\0'));
const ids = fc.tuple(names, keys).map(([name, key]) => `@${name}@${key}`);

describe('an entity id (entities §1.1)', () => {
  test('is whatever begins with @', () => {
    expect(['@counter@1', '@', 'counter', '', 'a@b'].map(isEntityId)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  test('has a name, and a key that may be empty and hold @', () => {
    fc.assert(
      fc.property(ids, names, (id, name) => {
        expect(entityIdProblem(id, bounds)).toBeUndefined();
        expect(entityNameOf(`@${name}@${id}`)).toBe(name.toLowerCase());
      }),
    );
  });

  test.each(['', 'counter', '@', '@@', '@@key', '@counter', 'counter@1', ' @counter@1'])(
    'is not %j',
    (id) => {
      expect(entityIdProblem(id, bounds)).toContain("no entity's instance id");
    },
  );

  test('has no NUL, and at most a hundred characters', () => {
    expect(entityIdProblem('@a@\0', bounds)).toContain('NUL');
    expect(entityIdProblem('@\0@a', bounds)).toContain('NUL');
    expect(entityIdProblem(`@a@${'k'.repeat(97)}`, bounds)).toBeUndefined();
    expect(entityIdProblem(`@a@${'k'.repeat(98)}`, bounds)).toMatch(/length.*100.*101/);
  });
});

const sets = fc
  .array(ids, { maxLength: 8 })
  .chain((set) =>
    fc.record({ set: fc.constant(set), shuffled: fc.shuffledSubarray(set, { minLength: set.length }) }),
  );

test('locks visit each entity once, in an order that the SDK’s doesn’t matter for (entities §0.5)', () => {
  fc.assert(
    fc.property(sets, ({ set, shuffled }) => {
      const order = lockOrder(set);
      expect(new Set<string>(order)).toEqual(new Set(set));
      expect(order).toHaveLength(new Set(set).size);
      expect(lockOrder([...shuffled, ...set])).toEqual(order);
      // Part of a set in the order of the whole: that is why there is no deadlock.
      expect(lockOrder(order.slice(1))).toEqual(order.slice(1));
    }),
  );
});
