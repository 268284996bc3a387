import { expect, test } from 'vitest';
import { readSettings } from './config.ts';
import { defaultQuotas } from './quota-settings.ts';

const quotas = (env: Readonly<Record<string, string>>) =>
  defaultQuotas(readSettings({ command: 'dev', env, flags: {} }));

test('without settings there is no limit', () => {
  expect(quotas({})).toEqual({});
});

test('each quota has a setting, and bytes may have a unit', () => {
  expect(
    quotas({
      PERDURA_QUOTA_INSTANCES: '100000',
      PERDURA_QUOTA_BYTES: '10GiB',
      PERDURA_QUOTA_ACTIONS_PER_SECOND: '50',
      PERDURA_QUOTA_PAYLOAD_BYTES: '64KiB',
      PERDURA_QUOTA_PENDING: '1',
    }),
  ).toEqual({
    instances: 100_000,
    bytes: 10 * 2 ** 30,
    'actions-per-second': 50,
    'payload-bytes': 65_536,
    pending: 1,
  });
});

test.each([
  ['1', 1],
  ['1048575', 1_048_575],
  ['3MiB', 3 * 2 ** 20],
  ['900TiB', 900 * 2 ** 40],
])('%s is that many bytes', (text, bytes) => {
  expect(quotas({ PERDURA_QUOTA_BYTES: text })).toEqual({ bytes });
});

test.each(['0', '0KiB', '-1', '1.5GiB', '10GB', '10 GiB', '10gib', '901TiB', 'GiB', '999999999999999TiB'])(
  '%s is no number of bytes',
  (text) => {
    expect(() => quotas({ PERDURA_QUOTA_BYTES: text })).toThrow(
      `PERDURA_QUOTA_BYTES is '${text}', which is not allowed: it is a whole number of bytes, or of KiB, MiB, GiB or TiB like 64KiB`,
    );
  },
);
