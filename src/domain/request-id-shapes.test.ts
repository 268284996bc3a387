// Belongs into src/domain/request-id.test.ts.
import { expect, test } from 'vitest';
import { isGuid } from './request-id.ts';

test.each([
  '{01234567-89ab-cdef-0123-456789abcdef',
  '01234567-89ab-cdef-0123-456789abcdef}',
  '{0123456789abcdef0123456789abcdef}',
  '0123456789ab-cdef0123456789abcdef',
  '01234567-89abcdef0123456789abcdef',
])('%j, which Guid.Parse refuses, is none', (id) => {
  expect(isGuid(id)).toBe(false);
});
