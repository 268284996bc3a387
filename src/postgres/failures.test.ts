import { DatabaseError } from 'pg';
import { expect, test } from 'vitest';
import { unavailable } from '../domain/errors.ts';
import { isAway, judge, readError } from './failures.ts';

function refused(code: string): DatabaseError {
  const error = new DatabaseError('refused', 0, 'error');
  error.code = code;
  return error;
}

test('a read that the database can’t do now is to be tried again', () => {
  const now = ['57P01', '40001', '53300', '26000', '28P01', '3D000'].map(refused);
  for (const error of [...now, new Error('ECONNRESET')]) {
    expect(readError(error)).toMatchObject({ code: 'unavailable', cause: error });
  }
});

test('a value that the database can’t compare is the caller’s', () => {
  expect(readError(refused('22021'))).toMatchObject({ code: 'invalid_argument' });
});

test('what no repetition mends is a fault, with its cause for the log', () => {
  for (const error of ['42P01', '42501', 'XX001'].map(refused)) {
    expect(readError(error)).toMatchObject({ code: 'internal', cause: error });
  }
});

test('what the machine of the database can’t do is no fault of the write that meets it', () => {
  expect(['53100', '57P03', '58030', '25006'].map((code) => judge('other', code))).toEqual(
    Array(4).fill('wait'),
  );
  expect(['23514', '22021', 'XX001'].map((code) => judge('other', code))).toEqual(Array(3).fill('data'));
});

test('a database that is away, or takes no writes, is told from one that refuses', () => {
  const reset = Object.assign(new Error('read ECONNRESET'), { syscall: 'read' });
  const away = [reset, new Error('Connection terminated unexpectedly'), unavailable('away')];
  away.push(new AggregateError([reset, reset]), new Error('timeout expired'));
  expect([...away, ...['25006', '57P03', '40P01'].map(refused)].map(isAway)).toEqual(Array(8).fill(true));
  expect([new Error('no'), ...['42501', '42P01'].map(refused)].map(isAway)).toEqual(Array(3).fill(false));
});
