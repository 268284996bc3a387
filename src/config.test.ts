import { expect, test } from 'vitest';
import { readClientSettings, readSettings, settingKeys } from './config.ts';
import { type Command, envName, flagName, type SettingsSource } from './read-setting.ts';

function read(
  env: SettingsSource['env'] = {},
  flags: SettingsSource['flags'] = {},
  command: Command = 'dev',
) {
  return readSettings({ command, env, flags });
}

test('without anything every setting has its default', () => {
  expect(read()).toMatchObject({
    grpcPort: 8080,
    databaseUrl: undefined,
    taskHubs: ['default'],
    dynamicTaskHubs: false,
  });
  expect(Object.keys(read()).toSorted()).toEqual(settingKeys.toSorted());
});

test('a flag wins over the environment, the environment over the default', () => {
  expect(read({ PERDURA_GRPC_PORT: '1' }, { grpcPort: '2' }).grpcPort).toBe(2);
  expect(read({ PERDURA_GRPC_PORT: '1' }).grpcPort).toBe(1);
  expect(read({ PERDURA_GRPC_PORT: '' }).grpcPort).toBe(8080);
});

test('dev listens on the loopback only, serve on all addresses', () => {
  expect(read({}, {}, 'dev').bindAddress).toBe('127.0.0.1');
  expect(read({}, {}, 'serve').bindAddress).toBe('0.0.0.0');
});

test('an empty list of addresses is none, and everybody may connect', () => {
  expect(read({ PERDURA_ALLOW_FROM: '' }).allowFrom).toEqual([]);
  expect(read({ PERDURA_ALLOW_FROM: '10.0.0.0/8, 2001:db8::1,0.0.0.0/0' }).allowFrom).toEqual([
    ...['10.0.0.0/8', '2001:db8::1', '0.0.0.0/0'],
  ]);
});

test('serve writes down what manages and destroys, dev nothing; for 90 days', () => {
  expect(read({}, {}, 'serve')).toMatchObject({ audit: 'manage', auditRetention: 90 * 86_400 });
  expect(read({}, {}, 'dev').audit).toBe('off');
  expect(read({ PERDURA_AUDIT: 'all', PERDURA_AUDIT_RETENTION: '12h' })).toMatchObject({
    ...{ audit: 'all', auditRetention: 43_200 },
  });
});

test("the emulator's names work, and our own win over them", () => {
  const env = {
    DTS_TASK_HUB_NAMES: 'one, two',
    DTS_USE_DYNAMIC_TASK_HUBS: 'True',
    DTS_EMULATOR_LOG_LEVEL: 'Warning',
  };
  expect(read(env)).toMatchObject({ taskHubs: ['one', 'two'], dynamicTaskHubs: true, logLevel: 'warn' });
  expect(read({ ...env, PERDURA_TASK_HUBS: 'mine' }).taskHubs).toEqual(['mine']);
});

test('an unknown name is refused with the nearest known one', () => {
  expect(() => read({ PERDURA_GRPC_PROT: '1' })).toThrow(
    'the environment variable PERDURA_GRPC_PROT is not a setting of perdura: did you mean PERDURA_GRPC_PORT?',
  );
});

test('names that Kubernetes injects are ignored', () => {
  const env = {
    PERDURA_SERVICE_HOST: '10.0.0.1',
    PERDURA_PORT: 'tcp://10.0.0.1:8080',
    PERDURA_PORT_8080_TCP: 'x',
  };
  expect(read(env).grpcPort).toBe(8080);
});

test.each([
  ['PERDURA_GRPC_PORT', 'http', 'a whole number from 0 to 65535'],
  ['PERDURA_GRPC_PORT', '65536', 'a whole number from 0 to 65535'],
  ['PERDURA_GRPC_PORT', '-1', 'a whole number from 0 to 65535'],
  ['PERDURA_GRPC_PORT', '1.5', 'a whole number from 0 to 65535'],
  ['PERDURA_ORCHESTRATION_LEASE_SECONDS', '0', 'a whole number from 1 to 86400'],
  ['PERDURA_DYNAMIC_TASK_HUBS', 'yes', 'true or false'],
  ['PERDURA_LOG_LEVEL', 'loud', 'one of trace, debug, info, warn, error, fatal, silent'],
  ['PERDURA_TASK_HUBS', 'a b', 'names of 3 to 64 letters, digits and -, separated by commas'],
  ['DTS_TASK_HUB_NAMES', 'good,', 'names of 3 to 64 letters, digits and -, separated by commas'],
  ['PERDURA_FAILPOINTS', 'after-commit@0', 'before-commit, commit-sent, after-commit'],
  ['PERDURA_FAILPOINTS', 'after-lunch', 'before-commit, commit-sent, after-commit'],
  ['PERDURA_ALLOW_FROM', '10.0.0.1,', 'IPv4 and IPv6 addresses and ranges'],
  ['PERDURA_ALLOW_FROM', '10.0.0', 'IPv4 and IPv6 addresses and ranges'],
  ['PERDURA_ALLOW_FROM', '10.0.0.0/33', 'IPv4 and IPv6 addresses and ranges'],
  ['PERDURA_ALLOW_FROM', '::/129', 'IPv4 and IPv6 addresses and ranges'],
  ['PERDURA_ALLOW_FROM', '10.0.0.0/', 'IPv4 and IPv6 addresses and ranges'],
  ['PERDURA_ALLOW_FROM', 'localhost', 'IPv4 and IPv6 addresses and ranges'],
  ['PERDURA_ALLOW_FROM', 'fe80::1%eth0', 'IPv4 and IPv6 addresses and ranges'],
  ['PERDURA_ALLOW_FROM', '::ffff:10.0.0.1', 'IPv4 and IPv6 addresses and ranges'],
  ['PERDURA_ALLOW_FROM', '10.0.0.0/8 /8', 'IPv4 and IPv6 addresses and ranges'],
  ['PERDURA_AUDIT', 'some', 'one of off, manage, all'],
  ['PERDURA_AUDIT_RETENTION', '90', 'a span such as'],
  ['PERDURA_DATABASE_SCHEMA', 'pg_x', 'lower-case letters, digits and _'],
])('%s=%s is refused with what is allowed', (name, value, allowed) => {
  expect(() => read({ [name]: value })).toThrow(
    `${name} is '${value}', which is not allowed: it is ${allowed}`,
  );
});

test('failpoints have the number of the pass at which they count, the first one unless told otherwise', () => {
  const { failpoints } = read({ PERDURA_FAILPOINTS: 'after-commit, mid-stream@12' });
  expect([...failpoints]).toEqual([
    ['after-commit', 1],
    ['mid-stream', 12],
  ]);
});

test.each(['constructor', '__proto__', 'toString', 'valueOf'])(
  'the name %s, which every object knows, is no value',
  (value) => {
    for (const name of ['PERDURA_DYNAMIC_TASK_HUBS', 'PERDURA_LOG_LEVEL', 'PERDURA_LOG_FORMAT']) {
      expect(() => read({ [name]: value })).toThrow(`${name} is '${value}', which is not allowed`);
    }
  },
);

test('of a long value that is not allowed, or a long name, the beginning is shown', () => {
  const long = 'x'.repeat(5_000);
  expect(() => read({ PERDURA_GRPC_PORT: long })).toThrow(`'${'x'.repeat(100)}…', which is not allowed`);
  expect(() => read({ [`PERDURA_${long}`]: '1' })).toThrow(/PERDURA_x{92}… is not a setting/);
});

test('a bad flag is named as the flag', () => {
  expect(() => read({}, { grpcPort: 'x' })).toThrow("--grpc-port is 'x', which is not allowed");
});

test('settings can not be changed', () => {
  expect(Object.isFrozen(read())).toBe(true);
});

test('names derive from the key', () => {
  expect([envName('historyCacheMb'), flagName('historyCacheMb')]).toEqual([
    'PERDURA_HISTORY_CACHE_MB',
    '--history-cache-mb',
  ]);
});

function readClient(env: SettingsSource['env'], flags: SettingsSource['flags'] = {}) {
  return readClientSettings({ command: 'client', env, flags });
}

test('a client talks to the server on this machine unless told otherwise', () => {
  expect(readClient({})).toEqual({
    ...{ endpoint: { address: 'localhost:8080', isSecure: false }, hub: undefined },
  });
  expect(readClient({ PERDURA_GRPC_PORT: '5000' }).endpoint.address).toBe('localhost:5000');
  const env = { PERDURA_ENDPOINT: 'one:1', PERDURA_HUB: 'orders', PERDURA_GRPC_PORT: '5000' };
  expect(readClient(env)).toMatchObject({ endpoint: { address: 'one:1' }, hub: 'orders' });
  expect(readClient(env, { endpoint: 'two:2' }).endpoint.address).toBe('two:2');
});

test.each([
  ['localhost:8080', 'localhost:8080', false],
  ['http://10.0.0.1:1/', '10.0.0.1:1', false],
  ['https://perdura.example.com', 'perdura.example.com:443', true],
  ['https://perdura.example.com:8443', 'perdura.example.com:8443', true],
  ['[::1]:8080', '[::1]:8080', false],
])('the endpoint %s is %s', (text, address, isSecure) => {
  expect(readClient({ PERDURA_ENDPOINT: text }).endpoint).toEqual({ address, isSecure });
});

test.each([
  'localhost',
  'localhost:99999',
  'http://localhost',
  'ftp://localhost:1',
  'a b:1',
  'localhost:1/path',
])('the endpoint %s is none', (text) => {
  expect(() => readClient({ PERDURA_ENDPOINT: text })).toThrow('it is host:port, http://host:port or https');
});

test('settings of clients are none of the server’s, and do not disturb it', () => {
  expect(() => read({ PERDURA_ENDPOINT: 'one:1', PERDURA_HUB: 'orders' })).not.toThrow();
  expect(() => readClient({ PERDURA_HUBS: 'x' })).toThrow('did you mean PERDURA_HUB?');
});
