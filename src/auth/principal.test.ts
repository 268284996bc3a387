import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fuzz } from '../../test/helpers/fuzz.ts';
import { type Grant, judge, matches, type Principal, rolesIn } from './principal.ts';

function having(...grants: readonly Grant[]): Principal {
  return { knownBy: 'api_key', id: '0123456789abcdef', name: 'somebody', grants };
}

describe('a pattern', () => {
  test.each([
    ['*', 'orders', true],
    ['orders', 'orders', true],
    ['orders', 'orders2', false],
    ['orders', 'Orders', false],
    ['team-a-*', 'team-a-orders', true],
    ['team-a-*', 'team-a-', true],
    ['team-a-*', 'team-a', false],
    ['team-a-*', 'team-b-orders', false],
    ['team-a-*', 'x-team-a-orders', false],
    ['*-orders', 'a-orders-orders', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['a.c', 'abc', false],
    ['', 'orders', false],
    ['', '', true],
    ['**', 'a', true],
  ])('%j takes %j: %j', (pattern, name, isTaken) => {
    expect(matches(pattern, name)).toBe(isTaken);
  });

  test('takes what a regular expression of it would', () => {
    const texts = fc
      .array(fc.constantFrom('a', 'b', '-', '*', '.'), { maxLength: 8 })
      .map((parts) => parts.join(''));
    fuzz(
      fc.property(texts, texts, (pattern, name) => {
        const escaped = pattern.replaceAll('.', String.raw`\.`).replaceAll(/\*+/g, '.*');
        expect(matches(pattern, name)).toBe(new RegExp(`^${escaped}$`).test(name));
      }),
      2_000,
    );
  });

  test('takes no longer for being made to', () => {
    const start = performance.now();
    expect(matches('*a'.repeat(32), `${'a'.repeat(63)}b`)).toBe(false);
    expect(performance.now() - start).toBeLessThan(50);
  });
});

describe('what somebody may do', () => {
  const mixed = having(
    { role: 'worker', hubs: 'team-a-*' },
    { role: 'reader', hubs: 'team-a-orders' },
    { role: 'operator', hubs: 'team-b' },
  );

  test.each([
    ['GetWorkItems', 'team-a-orders', 'allowed'],
    ['GetInstance', 'team-a-orders', 'allowed'],
    ['GetInstance', 'team-a-other', 'forbidden'],
    ['GetInstance', 'team-b', 'without-payloads'],
    ['PurgeInstances', 'team-b', 'forbidden'],
    ['GetWorkItems', 'team-c', 'hidden'],
    ['Hello', 'team-c', 'hidden'],
    ['Hello', 'team-b', 'allowed'],
  ] as const)('with %s in %s: %s', (rpc, hub, verdict) => {
    expect(judge(mixed, rpc, hub)).toBe(verdict);
  });

  test('does not depend on the order of grants', () => {
    const grants = [{ role: 'operator', hubs: '*' } as const, { role: 'worker', hubs: '*' } as const];
    expect(judge(having(...grants), 'GetInstance', 'a')).toBe('without-payloads');
    expect(judge(having(...grants.toReversed()), 'GetInstance', 'a')).toBe('without-payloads');
  });

  test('is nothing without a grant', () => {
    expect(judge(having(), 'Hello', 'a')).toBe('hidden');
    expect(rolesIn(having(), 'a')).toEqual([]);
  });

  test('is told by the roles in that task hub', () => {
    expect(rolesIn(mixed, 'team-a-orders')).toEqual(['worker', 'reader']);
  });
});
