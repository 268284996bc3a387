import { expect, test } from 'vitest';
import { partNames } from '../bench/parts.ts';
import { benchCommand } from './bench.ts';

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

test('--help names every option and part', () => {
  const help = benchCommand().helpInformation().replaceAll(/\s+/g, ' ');
  const flags = ['--parts', '--quick', '--seconds', '--concurrency', '--processes', '--compare', '--json'];
  for (const flag of [...flags, ...partNames.map((name) => `${name} (`)]) {
    expect(help).toContain(flag);
  }
});
