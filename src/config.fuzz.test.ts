import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyText, fuzz } from '../test/helpers/fuzz.ts';
import {
  clientSettingKeys,
  clientSettingsTable,
  readClientSettings,
  readSettings,
  settingKeys,
  settingsTable,
} from './config.ts';
import { envName, flagName } from './read-setting.ts';
import { AllowList } from './auth/allow-list.ts';
import { describeFailure } from './cli/program.ts';
import { StartupError } from './lib/startup-error.ts';
import { logFormats, logLevels } from './telemetry/log.ts';

/** Texts that are nearly what settings take. */
const nearly = fc.oneof(
  fc.stringMatching(/^[-+ ]?\d{0,20}[.e]?\d{0,5}\s?$/),
  fc.constantFrom('Infinity', 'NaN', '0x10', '1_000', '１', '٣', '1e3', 'true ', 'TRUE', 'Yes', 'valueOf'),
  fc.stringMatching(/^(https?|ftp|file|javascript)?:?\/{0,3}[\w.:\[\]@ -]{0,30}$/),
  fc
    .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.constantFrom('', '/0', '/32', '/33', '/128', '/129'))
    .map((parts) => parts.join('')),
  fc.stringMatching(/^[\w.-]{0,20}(,[\w -]{0,70}){0,3}$/),
);
const given = fc.oneof(anyText, nearly);

const keys = [...settingKeys, ...clientSettingKeys];
const isClients = (key: (typeof keys)[number]): boolean => key in clientSettingsTable;

/** What a setting has become; undefined when the start was refused in one line that names it. */
function read(key: (typeof keys)[number], text: string, by: 'flag' | 'environment'): unknown {
  const name = by === 'flag' ? flagName(key) : envName(key);
  const source = by === 'flag' ? { env: {}, flags: { [key]: text } } : { env: { [name]: text }, flags: {} };
  try {
    const settings = isClients(key)
      ? readClientSettings({ command: 'client', ...source })
      : readSettings({ command: 'dev', ...source });
    return { ...settings }[key as never];
  } catch (error) {
    expect(error).toBeInstanceOf(StartupError);
    const line = describeFailure(error);
    expect(line.startsWith(`${name} is '`)).toBe(true);
    expect(line.endsWith({ ...settingsTable, ...clientSettingsTable }[key].allowed)).toBe(true);
    // Nothing that ends a line or steers a terminal.
    expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\p{Cs}]/u);
    expect(line.length).toBeLessThan(1_000);
    return undefined;
  }
}

const SAFE = [
  ...['databaseUrl', 'dataDir', 'bindAddress', 'databaseSchema', 'otlpEndpoint', 'hub', 'apiKey'],
  ...['tlsCertFile', 'tlsKeyFile', 'tlsClientCaFile', 'jwtIssuer', 'grantsFile'],
  ...['encryptionKeysFile', 'encryptionKeys'],
];

const LISTS = ['taskHubs', 'stores', 'jwtAudiences', 'allowFrom'];
const NAMED: Readonly<Record<string, readonly string[]>> = {
  audit: ['off', 'manage', 'all'],
  logLevel: logLevels,
  logFormat: logFormats,
};
const MAY_BE_EMPTY = ['stores', 'allowFrom'];

const isList = (value: unknown, mayBeEmpty: boolean): boolean =>
  Array.isArray(value) && (mayBeEmpty || value.length > 0);

/** Whether a value is one that the type of the setting knows. */
function expectKnown(key: string, value: unknown): void {
  if (value === undefined) return;
  if (LISTS.includes(key)) expect(value).toSatisfy((names) => isList(names, MAY_BE_EMPTY.includes(key)));
  else if (key === 'endpoint') {
    expect(value).toMatchObject({ address: expect.stringMatching(/:\d{1,5}$/) as unknown });
  } else if (key === 'failpoints') expect(value).toBeInstanceOf(Map);
  else if (key in NAMED) expect(NAMED[key]).toContain(value);
  else if (SAFE.includes(key)) expect(value).toBeTypeOf('string');
  else if (typeof value === 'number') expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
  else expect(value).toBeTypeOf('boolean');
}

describe('any text for', () => {
  test.each(keys)('%s is a value of its kind or refused in one line that names it', (key) => {
    fuzz(
      fc.property(given, fc.constantFrom('flag' as const, 'environment' as const), (text, by) => {
        expectKnown(key, read(key, text, by));
      }),
      400,
    );
  });
});

test('any list of addresses that is taken can be used', () => {
  fuzz(
    fc.property(given, (text) => {
      const ranges = read('allowFrom', text, 'flag');
      if (Array.isArray(ranges)) new AllowList(ranges as string[], () => undefined).close();
    }),
    1_000,
  );
});

test('any name of a variable is known, ignored or refused in one line that names it', () => {
  fuzz(
    fc.property(fc.constantFrom('', 'PERDURA_', 'PERDURA_GRPC_'), anyText, (prefix, rest) => {
      const name = prefix + rest.slice(0, 300);
      try {
        readSettings({ command: 'serve', env: { [name]: '1' }, flags: {} });
      } catch (error) {
        expect(error).toBeInstanceOf(StartupError);
        expect(describeFailure(error)).not.toMatch(/[\p{Cc}\u2028\u2029\p{Cs}]/u);
      }
    }),
    300,
  );
});
