import { expect, test } from 'vitest';
import { ownQuotasOf, quotaChanges, quotaNames, quotaReached, quotasInForce } from './quota.ts';

const bounds = { payloadBytes: 1_000 };

test('a refusal names the quota, its value, the task hub and what to do', () => {
  for (const name of quotaNames) {
    const { code, message } = quotaReached('orders', name, 42);
    expect(code).toBe('resource_exhausted');
    expect(message).toMatch(
      new RegExp(
        `^the quota '${name}' of the task hub 'orders' is reached: 42 [a-z ]+; nothing was done: [a-z ,]+, or raise it \\('perdura hub quota orders --${name} …'\\)$`,
      ),
    );
  }
});

test('what a hub has of its own wins over the defaults, and 0 over any limit', () => {
  const defaults = { instances: 5, bytes: 6 };
  expect(quotasInForce({ instances: 0, pending: 7 }, defaults)).toEqual({ bytes: 6, pending: 7 });
  expect(quotasInForce({}, {})).toEqual({});
});

test('what a newer program has stored is passed over', () => {
  expect(ownQuotasOf({ instances: 1, streams: 2, bytes: 'many' })).toEqual({ instances: 1 });
});

test('changes are whole numbers of known quotas; without a value what was set is taken back', () => {
  const asked = [
    { name: 'instances', value: 5 },
    { name: 'pending', value: undefined },
    { name: 'payload-bytes', value: 1_000 },
    { name: 'instances', value: 0 },
  ];
  expect(quotaChanges(asked, bounds)).toEqual(
    new Map([
      ['instances', 0],
      ['pending', undefined],
      ['payload-bytes', 1_000],
    ]),
  );
});

test.each([
  ['Instances', 1],
  ['', 1],
  ['constructor', 1],
  ['instances', -1],
  ['instances', 1.5],
  ['instances', NaN],
  ['bytes', 2 ** 53],
  ['payload-bytes', 1_001],
])('%s = %d is refused', (name, value) => {
  expect(() => quotaChanges([{ name, value }], bounds)).toThrow(
    expect.objectContaining({ code: 'invalid_argument' }),
  );
});
