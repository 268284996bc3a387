import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { stopSignal } from './run-server.ts';

function watched() {
  const exits: number[] = [];
  const source = Object.assign(new EventEmitter(), { exit: (code: number) => void exits.push(code) });
  const stopped = stopSignal(source, pino({ level: 'silent' }));
  return { source, exits, stopped };
}

test('the first signal asks to stop, a second one exits at once', async () => {
  vi.useFakeTimers();
  const { source, exits, stopped } = watched();
  source.emit('SIGTERM', 'SIGTERM', 15);
  await stopped;
  expect(exits).toEqual([]);
  vi.advanceTimersByTime(200);
  source.emit('SIGHUP', 'SIGHUP', 1);
  expect(exits).toEqual([]);
  source.emit('SIGINT', 'SIGINT', 2);
  expect(exits).toEqual([130]);
  vi.useRealTimers();
});

test('one Ctrl-C that the terminal and a launcher both pass on is one signal', async () => {
  const { source, exits, stopped } = watched();
  source.emit('SIGINT', 'SIGINT', 2);
  source.emit('SIGINT', 'SIGINT', 2);
  await stopped;
  expect(exits).toEqual([]);
});
