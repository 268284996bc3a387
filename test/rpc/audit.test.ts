// The audit log over the wire: which calls leave an entry, and what is in it. Log and table say the same.
import { Metadata } from '@grpc/grpc-js';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newApiKey } from '../../src/auth/api-key.ts';
import { type Rpc, rpcTable } from '../../src/auth/roles.ts';
import { failureOf, TaskHubClient } from '../../src/grpc/client.ts';
import { must } from '../../src/lib/assert.ts';
import { REFUSED_AT_ONCE } from '../../src/telemetry/audit-log.ts';
import { makeKey, type MadeKey } from '../helpers/api-keys.ts';
import { auditRows } from '../helpers/audit-rows.ts';
import { callRaw } from '../helpers/client.ts';
import { createTestDatabase, schema } from '../helpers/database.ts';
import { type Line, LogSink } from '../helpers/log-sink.ts';
import { startProxy } from '../helpers/proxy.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../helpers/server.ts';
import { until } from '../helpers/until.ts';

/** A server whose log is kept, with what was called since the last look. */
class Audited {
  readonly server: TestServer;
  readonly sink: LogSink;
  #seen = 0;

  static async start(options: TestServerOptions): Promise<Audited> {
    const sink = new LogSink();
    const hubs = ['mine', 'doomed', 'theirs'];
    const server = await startTestServer({ dynamicTaskHubs: false, taskHubs: hubs, log: sink, ...options });
    return new Audited(server, sink);
  }

  private constructor(server: TestServer, sink: LogSink) {
    this.server = server;
    this.sink = sink;
  }

  /** What was logged since the last look: a call is written down before it is answered. */
  entries(): Line[] {
    const lines = this.sink.audit;
    const fresh = lines.slice(this.#seen);
    this.#seen = lines.length;
    return fresh;
  }

  /** What is stored, by when that is all that was logged. */
  async stored(): Promise<Line[]> {
    // Keys that tests make have entries as well, which no server logs.
    const rows = async (): Promise<Line[]> =>
      (await auditRows(this.server.databaseUrl)).filter(({ knownBy }) => knownBy !== 'database');
    await until(async () => (await rows()).length >= this.sink.audit.length, 'all entries being stored');
    return rows();
  }

  /** `series`: a metric with its labels. */
  async metric(series: string): Promise<number> {
    const answer = await fetch(`http://${this.server.server.metricsAddress}/metrics`);
    const line = (await answer.text()).split('\n').find((each) => each.startsWith(`${series} `));
    return Number(line?.slice(series.length));
  }

  async call(rpc: Rpc, request: object, { credential, hub = 'mine' }: As = {}): Promise<string> {
    const metadata = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
    const client = new TaskHubClient({ address: this.server.endpoint, hub, metadata });
    try {
      if (rpc === 'GetWorkItems' || rpc === 'StreamInstanceHistory') {
        const stream = client.stream(rpc, request);
        stream.on('error', () => undefined);
        await stream[Symbol.asyncIterator]().next();
        stream.cancel();
      } else await client.call(rpc, request, { timeoutMs: rpc.startsWith('Wait') ? 300 : 10_000 });
      return 'OK';
    } catch (error) {
      return failureOf(error)?.code ?? String(error);
    } finally {
      client.close();
    }
  }
}

interface As {
  readonly credential?: string;
  readonly hub?: string;
}

const SECRET = 'a payload that nobody else may read';
const order = { instanceId: 'order-17' };
const payload = { value: `"${SECRET}"` };

/** A request of each rpc that is written down, and what its entry says it was about. */
const requests: Readonly<Partial<Record<Rpc, { readonly request: object; readonly target: string }>>> = {
  CreateTaskHub: { request: { recreateIfExists: true }, target: 'emptied if it exists' },
  PlaceTaskHub: { request: { name: 'mine', store: 'default' }, target: 'in the store default' },
  DeleteTaskHub: { request: {}, target: '' },
  SetTaskHubQuotas: {
    request: {
      quotas: [
        { name: 'pending', value: { value: 9_000 } },
        { name: 'bytes', value: { value: 0 } },
        { name: 'instances' },
      ],
    },
    target: 'pending 9000, bytes none, instances default',
  },
  StartInstance: {
    request: { ...order, name: 'Order', input: payload, tags: { a: SECRET } },
    target: 'order-17',
  },
  RaiseEvent: { request: { ...order, name: 'paid', input: payload }, target: 'order-17' },
  SignalEntity: { request: { instanceId: '@cart@1', name: 'add', input: payload }, target: '@cart@1' },
  SuspendInstance: { request: { ...order, reason: payload }, target: 'order-17' },
  ResumeInstance: { request: { ...order, reason: payload }, target: 'order-17' },
  TerminateInstance: { request: { ...order, output: payload }, target: 'order-17' },
  RestartInstance: { request: order, target: 'order-17' },
  RewindInstance: { request: { ...order, reason: payload }, target: 'order-17' },
  SkipGracefulOrchestrationTerminations: {
    request: { instanceBatch: { instanceIds: ['a', 'b'] }, reason: payload },
    target: '2 ids: a b',
  },
  PurgeInstances: { request: order, target: 'order-17' },
  CleanEntityStorage: { request: { removeEmptyEntities: true }, target: '0 entities, 0 locks' },
};

const rpcs = Object.keys(rpcTable) as Rpc[];

describe('of a server that knows its callers', () => {
  let running: Audited | undefined;
  let admin: MadeKey;
  let worker: MadeKey;
  const audited = (): Audited => must(running, 'the server of this file');

  beforeAll(async () => {
    running = await Audited.start({ apiKeys: true, audit: 'all' });
    const { databaseUrl } = audited().server;
    admin = await makeKey(databaseUrl, 'admin', '*');
    worker = await makeKey(databaseUrl, 'worker', 'mine');
  });
  afterAll(() => running?.server.close());

  test.each(rpcs)('%s leaves one entry, or none where it changes nothing', async (rpc) => {
    const { request = {}, target } = requests[rpc] ?? {};
    const hub = rpc === 'DeleteTaskHub' ? 'doomed' : 'mine';
    const outcome = await audited().call(rpc, request, { credential: admin.text, hub });
    const entries = audited().entries();
    if (rpcTable[rpc].audit === 'never') {
      expect(entries).toEqual([]);
      return;
    }
    expect(entries).toEqual([
      {
        ...{ action: rpc, hub, target, outcome },
        ...{ who: admin.id, whoName: 'admin of *', knownBy: 'api_key' },
        peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as unknown,
      },
    ]);
  });

  test.each(rpcs)('%s that is refused leaves an entry of who tried it', async (rpc) => {
    const isWritten = rpcTable[rpc].audit !== 'never';
    const request = rpc === 'PlaceTaskHub' ? { name: 'mine', store: 'default' } : {};
    const tried = { action: rpc, hub: 'mine' };
    const outcome = await audited().call(rpc, request, { credential: worker.text });
    expect(audited().entries()).toMatchObject(
      isWritten ? [{ ...tried, outcome: 'PERMISSION_DENIED', who: worker.id, knownBy: 'api_key' }] : [],
    );
    if (isWritten) expect(outcome).toBe('PERMISSION_DENIED');
    await audited().call(rpc, request, {});
    expect(audited().entries()).toMatchObject(
      isWritten ? [{ ...tried, outcome: 'UNAUTHENTICATED', who: '', knownBy: 'anonymous' }] : [],
    );
  });

  test('the table has what the log has', async () => {
    expect(audited().sink.audit.length).toBeGreaterThan(rpcs.length);
    expect(await audited().stored()).toEqual(audited().sink.audit);
  });

  test('a task hub of others is written down as it was called', async () => {
    const operator = await makeKey(audited().server.databaseUrl, 'operator', 'mine');
    await audited().call('TerminateInstance', order, { credential: operator.text, hub: 'theirs' });
    expect(audited().entries()).toMatchObject([
      { hub: 'theirs', target: 'order-17', outcome: 'NOT_FOUND', who: operator.id },
    ]);
  });

  test('of many instances there is what was asked and how many went', async () => {
    const as = { credential: admin.text };
    for (const instanceId of ['gone-1', 'gone-2']) {
      await audited().call('StartInstance', { instanceId, name: 'Order' }, as);
      await audited().call('TerminateInstance', { instanceId }, as);
    }
    audited().entries();
    const purge = async (request: object): Promise<unknown> => {
      await audited().call('PurgeInstances', request, as);
      return audited()
        .entries()
        .map(({ target }) => target);
    };
    expect(await purge({ instanceBatch: { instanceIds: ['gone-1', 'x'] }, recursive: true })).toEqual([
      '1 purged with descendants of 2 ids: gone-1 x',
    ]);
    const purgeInstanceFilter = {
      runtimeStatus: ['ORCHESTRATION_STATUS_TERMINATED'],
      createdTimeFrom: { seconds: 1_700_000_000, nanos: 0 },
    };
    expect(await purge({ purgeInstanceFilter })).toEqual([
      expect.stringMatching(/^\d+ purged of TERMINATED, created from 2023-11-14T22:13:20.000Z$/),
    ]);
  });

  test('an instance is called by the id that the server chose', async () => {
    const client = new TaskHubClient({
      ...{ address: audited().server.endpoint, hub: 'mine' },
      metadata: { authorization: `Bearer ${admin.text}` },
    });
    const { instanceId } = await client.call('StartInstance', { name: 'Order' });
    const restart = { instanceId, restartWithNewInstanceId: true };
    const { instanceId: next } = await client.call('RestartInstance', restart);
    client.close();
    expect(
      audited()
        .entries()
        .map(({ target }) => target),
    ).toEqual([instanceId, `${instanceId} as ${next}`]);
  });

  test('ids and bytes that nobody could store do not hold up what follows', async () => {
    const { endpoint } = audited().server;
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${admin.text}`);
    metadata.set('taskhub', 'mine');
    for (const bytes of [
      Buffer.from('\n\x03a\0b'),
      Buffer.from('\n\xffx', 'latin1'),
      Buffer.alloc(3, 0xff),
    ]) {
      await callRaw(endpoint, 'TerminateInstance', bytes, metadata);
    }
    const id = `a${'b'.repeat(5_000)}`;
    await audited().call('TerminateInstance', { instanceId: id }, { credential: admin.text });
    const targets = audited()
      .entries()
      .map(({ target }) => String(target));
    expect(targets.slice(0, 3)).toEqual(['a\u{fffd}b', '', '']);
    expect(targets[3]).toMatch(/^ab{510}…$/);
    expect(await audited().stored()).toEqual(audited().sink.audit);
  });

  test('no key and no payload stands in it, nor half of one', async () => {
    const wrong = newApiKey().text;
    await audited().call('TerminateInstance', { ...order, output: payload }, { credential: wrong });
    const rows = JSON.stringify(await audited().stored());
    for (const text of [rows, audited().sink.text]) {
      expect(text).toContain(admin.id);
      for (const key of [admin.text, wrong]) expect(text).not.toContain(key.slice(-20));
      expect(text).not.toContain(SECRET.slice(0, 20));
    }
  });

  test('a large request that was refused is not looked into', async () => {
    audited().entries();
    const instanceIds = Array.from({ length: 100_000 }, () => 'a');
    await audited().call('PurgeInstances', { instanceBatch: { instanceIds } }, {});
    await audited().call('PurgeInstances', { instanceBatch: { instanceIds: ['a', 'b'] } }, {});
    expect(audited().entries()).toMatchObject([
      { action: 'PurgeInstances', outcome: 'UNAUTHENTICATED', hub: 'mine', target: '' },
      { action: 'PurgeInstances', outcome: 'UNAUTHENTICATED', hub: 'mine', target: '2 ids: a b' },
    ]);
  });

  // The last one: it uses up what may be refused.
  test('a flood of refused calls is bounded, and counted', async () => {
    audited().entries();
    const calls = 3 * REFUSED_AT_ONCE;
    await Promise.all(Array.from({ length: calls }, () => audited().call('TerminateInstance', order, {})));
    const written = audited().entries().length;
    expect(written).toBeLessThan(2 * REFUSED_AT_ONCE);
    const dropped = await audited().metric('perdura_audit_dropped_total{reason="flood"}');
    expect(dropped).toBe(calls - written);
    // What is carried out is never left out.
    await audited().call('StartInstance', { name: 'Order' }, { credential: admin.text });
    expect(audited().entries()).toMatchObject([{ action: 'StartInstance', outcome: 'OK' }]);
  });
});

describe('of a server that takes everybody', () => {
  test.each([
    ['off', []],
    ['manage', ['TerminateInstance']],
    ['all', ['StartInstance', 'TerminateInstance']],
  ] as const)('with the setting %s', async (audit, expected) => {
    const audited = await Audited.start({ audit });
    await audited.call('StartInstance', { ...order, name: 'Order' });
    await audited.call('TerminateInstance', order);
    await audited.call('GetInstance', order);
    const entries = audited.entries();
    expect(entries.map(({ action }) => action)).toEqual(expected);
    for (const entry of entries) {
      expect(entry).toMatchObject({ who: '', knownBy: 'anonymous', outcome: 'OK' });
    }

    await audited.server.close();
  });
});

test('what was recorded last is stored when the server has stopped', async () => {
  const audited = await Audited.start({ audit: 'manage' });
  await audited.call('TerminateInstance', order);
  await audited.server.close();
  expect(await auditRows(audited.server.databaseUrl)).toMatchObject([{ action: 'TerminateInstance' }]);
});

test('nobody waits while rows can not be written; they are there once when the database is back', async () => {
  const databaseUrl = await createTestDatabase();
  const proxy = await startProxy(databaseUrl);
  const audited = await Audited.start({ audit: 'manage', databaseUrl: proxy.url });
  const [blocker, watcher] = [databaseUrl, databaseUrl].map(
    (connectionString) => new Client({ connectionString }),
  ) as [Client, Client];
  await Promise.all([blocker.connect(), watcher.connect()]);
  await blocker.query(`begin; lock table ${schema}.audit_log in access exclusive mode`);
  const calls = Array.from({ length: 50 }, (_, n) => ({ instanceId: `order-${n}` }));
  for (const call of calls) expect(await audited.call('TerminateInstance', call)).toBe('OK');
  const writes = `select 1 from pg_stat_activity
                   where wait_event_type = 'Lock' and query like '%insert into audit_log%'`;
  await until(async () => (await watcher.query(writes)).rowCount === 1, 'a batch being written');
  // It was sent, and its answer is lost.
  proxy.cut();
  await blocker.query('commit');
  await Promise.all([blocker.end(), watcher.end()]);
  proxy.restore();
  await until(
    async () => (await audited.metric('perdura_audit_entries_total')) === calls.length,
    'the rows being written, as the server knows',
    30_000,
  );
  await audited.server.close();
  proxy.close();
  const targets = (await auditRows(databaseUrl)).map(({ target }) => target);
  expect(targets).toEqual(calls.map(({ instanceId }) => instanceId));
}, 60_000);

test('servers forget what is older than it is to be kept, also those that write nothing', async () => {
  const databaseUrl = await createTestDatabase();
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(
    `insert into ${schema}.audit_log (at, entry_id, action, hub, target, outcome, who, who_name, known_by, peer)
     select now() - make_interval(hours => n), gen_random_uuid(), 'TerminateInstance', '', n, 'OK', '', '', '', ''
       from generate_series(20, 30) n`,
  );
  await client.end();
  const options = { audit: 'off', auditRetention: 24.5 * 3_600, databaseUrl } as const;
  const servers = [await Audited.start(options), await Audited.start(options)];
  await until(async () => (await auditRows(databaseUrl)).length <= 5, 'old entries being forgotten');
  const kept = (await auditRows(databaseUrl)).map(({ target }) => target);
  expect(kept).toEqual(['24', '23', '22', '21', '20']);
  await Promise.all(servers.map(({ server }) => server.close()));
});

test('two replicas write to one audit log, each its own', async () => {
  const first = await Audited.start({ audit: 'manage' });
  const { databaseUrl } = first.server;
  const second = await Audited.start({ audit: 'manage', databaseUrl });
  const ids = Array.from({ length: 20 }, (_, n) => `order-${n}`);
  await Promise.all(
    ids.map((instanceId, n) => (n % 2 ? first : second).call('TerminateInstance', { instanceId })),
  );
  await Promise.all([first.server.close(), second.server.close()]);
  const rows = await auditRows(databaseUrl);
  expect(rows.map(({ target }) => target).toSorted()).toEqual(ids.toSorted());
});
