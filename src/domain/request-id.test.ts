import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countingIds } from '../../test/helpers/factories.ts';
import { isGuid, newRequestId } from './request-id.ts';

const digits = fc.stringMatching(/^[0-9a-fA-F]{32}$/);
const dashed = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

test('what .NET reads as a GUID is one (entities §0.1)', () => {
  fc.assert(
    fc.property(digits, (hex) => {
      for (const id of [hex, dashed(hex), `{${dashed(hex)}}`]) expect(isGuid(id)).toBe(true);
    }),
  );
});

test.each([
  ...['', ' ', 'x', 'not-a-guid', '1', '0'.repeat(31), '0'.repeat(33), 'g'.repeat(32)],
  `${dashed('0'.repeat(32))} `,
  `${dashed('0'.repeat(32))}\n`,
  `0${dashed('0'.repeat(32))}`,
])('%j is none', (id) => {
  expect(isGuid(id)).toBe(false);
});

test('new ones are GUIDs, each another', () => {
  const ids = countingIds();
  const made = Array.from({ length: 20 }, () => newRequestId(ids));
  expect(new Set(made).size).toBe(20);
  for (const id of made) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    expect(isGuid(id)).toBe(true);
  }
});
