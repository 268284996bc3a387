import { expect, test } from 'vitest';
import { perdura } from '../helpers/program.ts';
import { useServer } from '../helpers/server.ts';

const { server } = useServer({ dynamicTaskHubs: false, taskHubs: ['orders'], quotaPending: 500 });
const quota = (...args: string[]) => perdura(['hub', 'quota', ...args, '--endpoint', server().endpoint]);

test('quotas are set, shown and taken back; those that are not named stay', async () => {
  const set = await quota('orders', '--instances', '100', '--bytes', '10GiB', '--pending', 'none');
  expect(set).toEqual({
    code: 0,
    errors: '',
    output: [
      'QUOTA               LIMIT  USED  SET',
      'instances           100    0     for this task hub',
      'bytes               10GiB  0     for this task hub',
      'actions-per-second  none',
      'payload-bytes       none',
      'pending             none         for this task hub',
      '',
    ].join('\n'),
  });
  await quota('orders', '--pending', 'default', '--payload-bytes', '64KiB', '--actions-per-second', '5');
  const { output } = await quota('orders', '--json');
  expect(JSON.parse(output)).toEqual({
    quotas: [
      { name: 'instances', own: 100, limit: 100, used: 0 },
      { name: 'bytes', own: 10737418240, limit: 10737418240, used: 0 },
      { name: 'actions-per-second', own: 5, limit: 5, used: null },
      { name: 'payload-bytes', own: 65536, limit: 65536, used: null },
      { name: 'pending', own: null, limit: 500, used: 0 },
    ],
  });
});

test.each([
  [['orders', '--instances', '-1'], 'It is a whole number from 1 to 999999999999999, or none, or default.'],
  [['orders', '--instances', '1.5'], 'It is a whole number'],
  [['orders', '--instances', '0'], 'It is a whole number'],
  [['orders', '--bytes', '10GB'], 'like 64KiB, at most 900 TiB, or none, or default.'],
  [['orders', '--bytes', ''], 'like 64KiB'],
  [['orders', '--actions-per-second', 'many'], 'It is a whole number from 1 to 1000000'],
  [['orders', '--speed', '1'], "unknown option '--speed'"],
  [['--instances', '1'], "missing required argument 'name'"],
  [['a,b', '--instances', '1'], 'It is 1 to 64 printable ASCII characters'],
])('%j is refused by the command line', async (args, words) => {
  const result = await quota(...args);
  expect(result).toMatchObject({ code: 2, output: '' });
  expect(result.errors).toContain(words);
});

test('what only the server can judge is refused by it', async () => {
  const large = await quota('orders', '--payload-bytes', '4MiB');
  expect(large).toMatchObject({ code: 1, output: '' });
  expect(large.errors).toContain("the quota 'payload-bytes' is at most 3145728");
  const absent = await quota('absent', '--instances', '1');
  expect(absent).toMatchObject({ code: 3, output: '' });
  expect(absent.errors).toContain("task hub not found: 'absent'");
});
