import { DatabaseError } from 'pg';
import { expect, test } from 'vitest';
import { readError } from './failures.ts';

function refused(code: string): DatabaseError {
  const error = new DatabaseError('refused', 0, 'error');
  error.code = code;
  return error;
}

test('a read that the database can’t do now is to be tried again', () => {
  for (const error of [refused('57P01'), refused('40001'), refused('53300'), new Error('ECONNRESET')]) {
    expect(readError(error)).toMatchObject({ code: 'unavailable', cause: error });
  }
});

test('a value that the database can’t compare is the caller’s', () => {
  expect(readError(refused('22021'))).toMatchObject({ code: 'invalid_argument' });
});

test('what no repetition mends is no outcome but a fault, which is logged', () => {
  const [missing, forbidden] = [refused('42P01'), refused('42501')];
  expect([readError(missing), readError(forbidden)]).toEqual([missing, forbidden]);
});
