import { expect, test } from 'vitest';
import { explain } from './connection.ts';
import { CommandError } from './exit-codes.ts';

function failure(code: number, details: string): Error {
  return Object.assign(new Error(`${code}: ${details}`), { code, details });
}
const unestablished = (reason: string): string =>
  `No connection established. Last error: ${reason}. Resolution note: `;

test.each([
  [
    14,
    unestablished('Error: connect ECONNREFUSED 127.0.0.1:1'),
    'error',
    /\(connect ECONNREFUSED 127.0.0.1:1\): is it/,
  ],
  [14, unestablished('Protocol error (2026-11-25T04:25:50.044Z)'), 'error', /speaks no gRPC/],
  [14, unestablished('Failed to connect (2026-11-25T04:25:50.044Z)'), 'error', /https:/],
  [14, unestablished('Error: 40FD:error:SSL routines:wrong version number:\n'), 'error', /speaks no TLS/],
  [14, 'Name resolution failed for target dns:nowhere:8080', 'error', /no server answers at host:1 \(Name/],
  [14, 'the database is not available', 'error', /can't do this now: the database .* "perdura doctor"/],
  [12, 'Received HTTP status code 404', 'error', /no server answers at host:1/],
  [12, 'entities: not available in this version of the server', 'error', /can't do this: entities/],
  [
    4,
    'Deadline exceeded after 3.000s,name resolution: 0.001s,Waiting for LB pick',
    'error',
    /no server answers/,
  ],
  [4, 'Deadline exceeded after 3.000s,remote_addr=127.0.0.1:1', 'timeout', /did not answer in time/],
  [4, 'Deadline exceeded', 'timeout', /did not answer in time/],
  [5, "task hub not found: 'x'; create it", 'notFound', /create it; "perdura hub list" shows/],
  [5, "there is no instance 'x'", 'notFound', /^there is no instance 'x'$/],
  [6, "an instance 'x' exists", 'error', /^an instance 'x' exists$/],
  [9, "the instance 'x' is RUNNING", 'error', /^the instance 'x' is RUNNING$/],
] as const)('status %i "%s" is explained', (code, details, exit, words) => {
  const explained = explain(failure(code, details), 'host:1');
  expect(explained).toBeInstanceOf(CommandError);
  expect(explained).toMatchObject({ exit, message: expect.stringMatching(words) as unknown });
});

test('what is no status is a bug and stays what it is', () => {
  const bug = new TypeError('x is not a function');
  expect(explain(bug, 'host:1')).toBe(bug);
});
