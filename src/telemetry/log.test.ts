import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createLogger, type LogFormat } from './log.ts';

function written(format: LogFormat, isTerminal: boolean): string {
  const destination = Object.assign(new PassThrough(), { isTTY: isTerminal });
  const log = createLogger({ level: 'info', format, destination });
  log.child({ hub: 'default', replica: 7 }).info({ instanceId: 'a' }, 'started');
  log.debug('unseen');
  return String(destination.read() ?? '');
}

test('a line is JSON with its fields, its time and the name of its level', () => {
  const line: unknown = JSON.parse(written('auto', false));
  expect(line).toMatchObject({ level: 'info', hub: 'default', replica: 7, instanceId: 'a', msg: 'started' });
  expect(line).toHaveProperty('time', expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/));
});

test.each([
  ['auto', true],
  ['pretty', false],
] as const)('with format %s and terminal %s it is for people', (format, isTerminal) => {
  expect(written(format, isTerminal)).toMatch(/INFO.*started/);
});

test('json stays JSON in a terminal', () => {
  expect(written('json', true)).toMatch(/^\{"level":"info"/);
});
