import { expect, test } from 'vitest';
import { figures } from '../bench/figures.ts';
import { floors } from '../bench/floors.ts';
import { levelNames } from '../bench/growth-plan.ts';
import { partNames } from '../bench/parts.ts';
import { type BenchResult, type LoadRate } from '../bench/result.ts';
import { must } from '../lib/assert.ts';
import { benchCommand, requireFloors } from './bench.ts';
import { CommandError } from './exit-codes.ts';

test.each([
  ['--parts=chain,tea', `It is some of ${partNames.join(', ')}.`],
  ['--seconds=0', 'It is a whole number from 1 to 50.'],
  ['--concurrency=many', 'It is a whole number from 1 to 5000.'],
  ['--processes=65', 'It is a whole number from 1 to 64.'],
  ['--compare=/nowhere/at/all', 'It can not be read.'],
  [`--compare=${import.meta.filename}`, 'It is not what perdura bench --json prints.'],
])('%s is refused with what is allowed', async (flag, sentence) => {
  const command = benchCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  await expect(command.parseAsync([flag], { from: 'user' })).rejects.toThrow(sentence);
});

test('a level that there is not is refused with those that there are', async () => {
  const command = benchCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  const growth = must(
    command.commands.find((each) => each.name() === 'growth'),
    'growth',
  );
  growth.exitOverride().configureOutput({ writeErr: () => undefined });
  await expect(growth.parseAsync(['--levels=churn,beer'], { from: 'user' })).rejects.toThrow(
    `It is some of ${levelNames.join(', ')}.`,
  );
});

test('--help names every option and part', () => {
  const help = benchCommand().helpInformation().replaceAll(/\s+/g, ' ');
  const flags = [
    '--parts',
    '--quick',
    '--seconds',
    '--concurrency',
    '--processes',
    '--compare',
    '--check',
    '--json',
  ];
  for (const flag of [...flags, ...partNames.map((name) => `${name} (`)]) {
    expect(help).toContain(flag);
  }
});

const head: BenchResult = {
  ...{ version: '1.2.3', node: '24.0.0', processors: 2, processorModel: 'Abacus' },
  ...{ streams: 4, serverProcesses: 1, concurrency: 256, windows: 1, windowSeconds: 15 },
};

/** A result with this ratio of starts to unary calls, in percent. */
function withStarts(percent: number): BenchResult {
  const window = {
    ...{ perSecond: 1, postgresCpuPercent: 0, serverCpuPercent: 0, workerCpuPercent: 0, othersCpuPercent: 0 },
    ...{ serverCpuMicrosEach: 1, postgresCpuMicrosEach: 1, commitsEach: 1, walBytesEach: 1 },
  };
  const starts: LoadRate = { ...window, ratio: percent / 100, windows: [window] };
  return { ...head, loads: { windows: 1, windowSeconds: 1, rates: { starts } } };
}

function failureOf(result: BenchResult): unknown {
  try {
    requireFloors(result);
  } catch (error) {
    return error;
  }
  return undefined;
}

test('a ratio below its floor fails the command, which names both', () => {
  const { starts = NaN } = floors;
  expect(failureOf(withStarts(starts + 0.1))).toBeUndefined();
  const failure = failureOf(withStarts(starts - 0.1));
  expect(failure).toBeInstanceOf(CommandError);
  expect(failure).toMatchObject({
    exit: 'error',
    message: `too slow: starts of what nobody runs yet: ${starts - 0.1} % of the ceiling's unary calls, the floor is ${starts}`,
  });
});

test('what was not measured is not below its floor', () => {
  expect(failureOf(head)).toBeUndefined();
});

test('every floor is that of a figure, and of a ratio: never of a rate, a cost or a time', () => {
  const withFloor = figures.filter(({ floor }) => floor !== undefined);
  expect(new Set(withFloor.map(({ floor }) => floor))).toEqual(new Set(Object.values(floors)));
  for (const { unit } of withFloor) expect(unit).toMatch(/^%/);
});
