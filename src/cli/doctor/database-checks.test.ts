import { expect, test } from 'vitest';
import { type DatabaseFacts } from '../../postgres/diagnose.ts';
import { readMigrations } from '../../postgres/migration-files.ts';
import { checkLines } from './check.ts';
import { judgeDatabase } from './database-checks.ts';
import { judgeSpace } from './space-check.ts';

const tables = {
  schema: { pending: [], newer: [], refusal: undefined },
  replicas: [{ address: '10.0.0.1', version: '0.1.0', silent_seconds: 2, is_expired: false }],
  backlog: [],
  places: [{ store: 'default', names: 2 }],
  hasOwnHubs: true,
};
const facts: DatabaseFacts = {
  server: {
    ...{ version: '18.4', user: 'perdura', now: 1_000_000_000, size_bytes: 1 },
    ...{ fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' },
    ...{ synchronous_standby_names: '', standbys: 0 },
    ...{ max_connections: 100, reserved_connections: 3, used_connections: 9 },
  },
  hereMs: 1_000_000,
  hereErrorMs: 1,
  rights: {
    ...{ has_schema: true, can_create: true, foreign_names: [], unreadable_names: [], has_tables: true },
  },
  tables,
};
const { server, rights } = facts;

const expected = { store: 'default', stores: ['default', 'archive'], schema: 'perdura', poolSize: 10 };

function judge(changed: Partial<DatabaseFacts>, poolSize = 10) {
  return judgeDatabase({ ...facts, ...changed }, { ...expected, poolSize });
}

test('nothing is wrong with a healthy database', () => {
  const checks = judge({});
  expect(checks.map(({ name }) => name)).toEqual([
    ...['rights', 'schema', 'durability', 'connections', 'clock', 'replicas', 'backlog'],
  ]);
  for (const check of checks) expect(check).toMatchObject({ status: 'ok', advice: null });
});

const replica = { address: '10.0.0.2', version: '0.1.0', silent_seconds: 40, is_expired: true };
const work = { name: 'default', kind: 'activity', count: 12, oldest_seconds: 300 } as const;

test.each([
  ['rights', 'failed', /may not create tables/, { rights: { ...rights, can_create: false } }],
  [
    'rights',
    'failed',
    /may not create the schema perdura/,
    { rights: { ...rights, has_schema: false, can_create: false } },
  ],
  ['rights', 'failed', /does not own history/, { rights: { ...rights, foreign_names: ['history'] } }],
  [
    'rights',
    'failed',
    /may not read inbox/,
    { rights: { ...rights, unreadable_names: ['inbox'] }, tables: undefined },
  ],
  ['schema', 'warning', /is not there yet/, { rights: { ...rights, has_tables: false }, tables: undefined }],
  [
    'schema',
    'warning',
    /is older than this program, which adds 0001_initial/,
    { tables: { ...tables, schema: { ...tables.schema, pending: readMigrations().slice(0, 1) } } },
  ],
  [
    'schema',
    'warning',
    /is newer .* \(0099_x\), but compatible/,
    { tables: { ...tables, schema: { ...tables.schema, newer: ['0099_x'] } } },
  ],
  [
    'schema',
    'failed',
    /needs a newer/,
    { tables: { ...tables, schema: { ...tables.schema, refusal: 'needs a newer perdura' } } },
  ],
  [
    'durability',
    'warning',
    /^fsync and synchronous_commit off/,
    { server: { ...server, fsync: 'off', synchronous_commit: 'off' } },
  ],
  ['durability', 'ok', /crash; no standby is synchronous: no standby has it$/, {}],
  ['durability', 'ok', /: a failover loses the last moments$/, { server: { ...server, standbys: 1 } }],
  [
    'durability',
    'ok',
    /crash, and a failover to a synchronous standby$/,
    { server: { ...server, synchronous_standby_names: '*', standbys: 1 } },
  ],
  [
    'durability',
    'warning',
    /local: commits do not wait/,
    { server: { ...server, synchronous_standby_names: '*', synchronous_commit: 'local', standbys: 1 } },
  ],
  [
    'durability',
    'warning',
    /no standby is connected, and every commit waits for ANY 1 \(a, b\)$/,
    { server: { ...server, synchronous_standby_names: 'ANY 1 (a, b)' } },
  ],
  ['connections', 'warning', /may need 13 of 7/, { server: { ...server, max_connections: 10 } }],
  ['clock', 'warning', /is 2m ahead of the database/, { hereMs: 1_120_000 }],
  ['clock', 'warning', /is 5s behind the database/, { hereMs: 995_000 }],
  ['replicas', 'warning', /no replica is running/, { tables: { ...tables, replicas: [] } }],
  ['replicas', 'warning', /no replica is alive; .* 40s ago/, { tables: { ...tables, replicas: [replica] } }],
  [
    'replicas',
    'warning',
    /^1 replica alive.*; 1 silent$/,
    { tables: { ...tables, replicas: [...tables.replicas, replica] } },
  ],
  [
    'backlog',
    'warning',
    /12 of kind activity in hub default \(oldest 5m\)/,
    { tables: { ...tables, backlog: [work] } },
  ],
  [
    'backlog',
    'warning',
    /\(oldest 5m\), and 2 more$/,
    { tables: { ...tables, backlog: Array(5).fill(work) } },
  ],
  ['backlog', 'ok', /work waits/, { tables: { ...tables, backlog: [{ ...work, oldest_seconds: 3 }] } }],
] as const)('%s is a %s: %s', (name, status, words, changed) => {
  expect(judge(changed)).toContainEqual({
    ...{ name, status, text: expect.stringMatching(words) as unknown },
    advice: status === 'ok' ? null : (expect.stringMatching(/./) as unknown),
  });
});

test('names that belong to a store that is not set are told', () => {
  const places = [
    { store: 'archive', names: 3 },
    { store: 'eu', names: 1 },
  ];
  expect(judge({ tables: { ...tables, places } })).toContainEqual({
    ...{ name: 'hubs', status: 'warning', text: expect.stringMatching(/not set: 1 name to eu$/) as unknown },
    advice: expect.stringContaining('PERDURA_STORES') as unknown,
  });
});

test('a further store has no task hubs of its own', () => {
  const archive = { ...expected, store: 'archive' };
  expect(judgeDatabase(facts, archive)).toContainEqual(
    expect.objectContaining({ name: 'hubs', status: 'failed' }),
  );
  const checks = judgeDatabase({ ...facts, tables: { ...tables, hasOwnHubs: false } }, archive);
  expect(checks.map(({ name }) => name)).not.toContain('hubs');
});

test('every living replica counts for connections', () => {
  const [living] = tables.replicas;
  const replicas = living ? [living, living, living] : [];
  expect(judge({ tables: { ...tables, replicas } }, 40)).toContainEqual(
    expect.objectContaining({
      name: 'connections',
      status: 'warning',
      text: '3 replicas may need 129 of 97, 9 are in use',
    }),
  );
});

test.each([
  [50 * 1024 ** 3, 'ok'],
  [500 * 1024 ** 2, 'warning'],
  [5 * 1024 ** 2, 'failed'],
])('%i bytes free are %s', (free, status) => {
  expect(judgeSpace(8.2 * 1024 ** 2, free)).toMatchObject({
    status,
    text: expect.stringContaining('the database has 8.2 MiB') as unknown,
  });
});

test('each check is one line, and what to do is one more', () => {
  const lines = checkLines([
    { name: 'clock', status: 'ok', text: 'fine', advice: null },
    { name: 'database', status: 'failed', text: 'no\nanswer', advice: 'start it' },
  ]);
  expect(lines).toBe(
    [
      'ok       clock     fine',
      String.raw`failed   database  no\nanswer`,
      '                   → start it',
      '',
    ].join('\n'),
  );
});
