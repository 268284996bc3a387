import { expect, test } from 'vitest';
import { cpuOfFamily, cpuOfMachine, cpuOfProcess, parseMachineStat, parseStat } from './cpu.ts';

test('times are read behind a program name with spaces and parentheses', () => {
  const text = '77 (a (b) c) S 12 77 77 0 -1 4194304 1 2 3 4 150 50 30 7 20 0 11 0 100 200';
  expect(parseStat(text)).toEqual({ parent: 12, ownMs: 2000, endedChildrenMs: 370 });
});

test('the time of the machine is all but idle and waiting', () => {
  expect(parseMachineStat('cpu  1 2 3 400 500 6 7 8 0 0\ncpu0 1 2 3 400 500 6 7 8 0 0\n')).toBe(270);
});

test.runIf(process.platform === 'linux')('times of running processes grow', () => {
  const before = { own: cpuOfProcess(process.pid), family: cpuOfFamily(process.pid), all: cpuOfMachine() };
  for (const end = performance.now() + 60; performance.now() < end;);
  expect(cpuOfProcess(process.pid)).toBeGreaterThan(before.own);
  expect(cpuOfFamily(process.pid)).toBeGreaterThan(before.family);
  expect(cpuOfMachine()).toBeGreaterThan(before.all);
});

test('a process that has ended has no time', () => {
  expect(cpuOfProcess(-1)).toBe(0);
});
