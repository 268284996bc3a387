// Who may call what, seen by callers of all kinds over the wire: every rpc with every role, in a task hub of theirs and in
// those of others; and what an attacker tries who has a key of his own.
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { newApiKey } from '../../src/auth/api-key.ts';
import { reachOf, type Role, roles, roleTitles, type Rpc, rpcTable } from '../../src/auth/roles.ts';
import { failureOf, TaskHubClient } from '../../src/grpc/client.ts';
import { must } from '../../src/lib/assert.ts';
import { makeKey, type MadeKey, revokeKey } from '../helpers/api-keys.ts';
import { callRaw } from '../helpers/client.ts';
import { complete, ScriptedWorker } from '../helpers/scripted-worker.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';
import { Traces } from '../helpers/traces.ts';

const hubs = ['first', 'mine', 'mine-too', 'doomed', 'theirs'] as const;
const traces = new Traces();
let running: TestServer | undefined;
const server = (): TestServer => must(running, 'the server of this file');
const keys = new Map<string, MadeKey>();
const clients: TaskHubClient[] = [];
const workers: ScriptedWorker[] = [];

beforeAll(async () => {
  running = await startTestServer({
    ...{ apiKeys: true, dynamicTaskHubs: false, taskHubs: hubs },
    ...traces.options,
  });
});
afterAll(async () => {
  for (const each of [...clients, ...workers]) each.close();
  await running?.close();
});

/** A key of that role, made when it is first asked for. */
async function keyOf(role: Role, pattern: string): Promise<string> {
  const known = keys.get(`${role} ${pattern}`);
  const key = known ?? (await makeKey(server().databaseUrl, role, pattern));
  keys.set(`${role} ${pattern}`, key);
  return key.text;
}

function clientWith(credential: string | undefined, hub?: string): TaskHubClient {
  const metadata = credential === undefined ? {} : { authorization: `Bearer ${traces.uses(credential)}` };
  const client = new TaskHubClient({
    address: server().endpoint,
    metadata,
    ...(hub === undefined ? {} : { hub }),
  });
  clients.push(client);
  return client;
}

function workerWith(credential: string, hub: string): ScriptedWorker {
  const worker = new ScriptedWorker(server().endpoint, hub, {
    metadata: { authorization: `Bearer ${traces.uses(credential)}` },
  });
  workers.push(worker);
  return worker;
}

interface Outcome {
  readonly code: string;
  readonly details: string;
}

/** A call that is let in may wait for ever; one that is refused ends at once, on a slow machine a little later. */
const [WAIT_MS, REFUSAL_MS] = [300, 10_000];
const waitingRpcs: readonly Rpc[] = ['WaitForInstanceStart', 'WaitForInstanceCompletion'];

async function callOnce(client: TaskHubClient, rpc: Rpc, hub: string, waitMs: number): Promise<void> {
  if (rpc === 'GetWorkItems' || rpc === 'StreamInstanceHistory') {
    const stream = client.stream(rpc, {});
    stream.on('error', () => undefined);
    await stream[Symbol.asyncIterator]().next();
    stream.cancel();
  } else if (rpc === 'PlaceTaskHub') {
    await client.call(rpc, { name: hub, store: 'default' });
  } else if (waitingRpcs.includes(rpc)) {
    await client.call(rpc, { instanceId: 'unknown' }, { timeoutMs: waitMs });
  } else {
    await client.call(rpc, {});
  }
}

/** How a call with an empty request ends; one that would wait for ever is given up. */
async function outcomeOf(
  rpc: Rpc,
  credential: string | undefined,
  hub: string | undefined,
  waitMs: number,
): Promise<Outcome> {
  const client = clientWith(credential, hub);
  try {
    await callOnce(client, rpc, hub ?? 'first', waitMs);
    return { code: 'OK', details: '' };
  } catch (error) {
    traces.told(error);
    return failureOf(error) ?? { code: 'none', details: String(error) };
  } finally {
    client.close();
  }
}

const rpcs = Object.keys(rpcTable) as Rpc[];

describe.each(rpcs)('%s', (rpc) => {
  test.each(roles)('in a task hub of its own: %s', async (role) => {
    const hub = rpc === 'DeleteTaskHub' ? 'doomed' : 'mine';
    const key = await keyOf(role, rpc === 'DeleteTaskHub' ? 'doomed' : 'mine*');
    const isRefused = reachOf(role, rpc) === 'nothing';
    const { code, details } = await outcomeOf(rpc, key, hub, isRefused ? REFUSAL_MS : WAIT_MS);
    if (isRefused) {
      expect(code).toBe('PERMISSION_DENIED');
      expect(details).toContain(`'${roleTitles[role]}' in the task hub '${hub}' may not call ${rpc}`);
    } else {
      expect(['PERMISSION_DENIED', 'UNAUTHENTICATED']).not.toContain(code);
      expect(details).not.toContain('task hub not found');
    }
  });

  test.each(roles)('in a task hub of others, which looks like one that is not there: %s', async (role) => {
    const key = await keyOf(role, 'mine*');
    const refusal = (hub?: string): Promise<Outcome> => outcomeOf(rpc, key, hub, REFUSAL_MS);
    const [theirs, absent] = [await refusal('theirs'), await refusal('nowhere')];
    expect({ ...theirs, details: theirs.details.replace('theirs', 'nowhere') }).toEqual(absent);
    if (rpc === 'ListTaskHubs') return;
    expect(absent.code).toBe('NOT_FOUND');
    expect(absent.details).toContain("task hub not found: 'nowhere'");
    // The task hub that a call without a name means is not theirs either.
    if (rpc !== 'PlaceTaskHub') expect(await refusal()).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('without a valid credential is UNAUTHENTICATED, whether the task hub is there or not', async () => {
    for (const hub of ['mine', 'nowhere']) {
      expect(await outcomeOf(rpc, undefined, hub, REFUSAL_MS)).toEqual({
        code: 'UNAUTHENTICATED',
        details: "this server wants to know who calls: send the metadata 'authorization: Bearer …'",
      });
      for (const credential of [newApiKey().text, 'nonsense', 'eyJhbGciOiJub25lIn0.e30.']) {
        expect(await outcomeOf(rpc, credential, hub, REFUSAL_MS)).toEqual({
          code: 'UNAUTHENTICATED',
          details: 'the credential is not valid: it is unknown, expired or revoked',
        });
      }
    }
  });
});

test('health and reflection answer without a credential, for probes and tools', async () => {
  const client = new Client(server().endpoint, credentials.createInsecure());
  const asIs = (bytes: Buffer): Buffer => bytes;
  const health = await new Promise<Buffer | undefined>((resolve, reject) => {
    client.makeUnaryRequest('/grpc.health.v1.Health/Check', asIs, asIs, Buffer.alloc(0), (error, answer) => {
      if (error) reject(error);
      else resolve(answer);
    });
  });
  // status: SERVING
  expect(health?.toString('hex')).toBe('0801');
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
  const call = client.makeBidiStreamRequest<Buffer, Buffer>(path, asIs, asIs);
  call.end(Buffer.from('\x3a\x01*'));
  const answers: Buffer[] = [];
  for await (const answer of call) answers.push(answer as Buffer);
  expect(Buffer.concat(answers).toString('latin1')).toContain('TaskHubSidecarService');
  client.close();
});

test('task hubs are listed to those who have a role in them', async () => {
  const { taskHubs } = await clientWith(await keyOf('worker', 'mine*')).call('ListTaskHubs', {});
  expect(taskHubs.map(({ name }) => name)).toEqual(['mine', 'mine-too']);
});

describe('an operator', () => {
  test('sees instances without their payloads, and is told so when it asks for them', async () => {
    const operator = clientWith(await keyOf('operator', 'mine*'), 'mine');
    const starter = clientWith(await keyOf('client', 'mine*'), 'mine');
    const { instanceId } = await starter.call('StartInstance', {
      name: 'Order',
      input: { value: '"secret"' },
    });
    const { orchestrationState } = await operator.call('GetInstance', { instanceId });
    expect(orchestrationState?.input).toBeNull();
    const { orchestrationState: states } = await operator.call('QueryInstances', { query: {} });
    expect(states.map(({ input }) => input)).toEqual(states.map(() => null));
    const refused = {
      code: status.PERMISSION_DENIED,
      details: expect.stringContaining('no payloads') as unknown,
    };
    const asking = { instanceId, getInputsAndOutputs: true };
    await expect(operator.call('GetInstance', asking)).rejects.toMatchObject(refused);
    await expect(operator.call('WaitForInstanceCompletion', asking)).rejects.toMatchObject(refused);
    await expect(
      operator.call('QueryInstances', { query: { fetchInputsAndOutputs: true } }),
    ).rejects.toMatchObject(refused);
    await expect(
      operator.call('GetEntity', { instanceId: '@a@b', includeState: true }),
    ).rejects.toMatchObject(refused);
    await expect(operator.call('QueryEntities', { query: { includeState: true } })).rejects.toMatchObject(
      refused,
    );
  });
});

describe('what belongs to another task hub', () => {
  test('ids of its instances mean nothing', async () => {
    const theirs = clientWith(await keyOf('contributor', 'theirs'), 'theirs');
    const mine = clientWith(await keyOf('contributor', 'mine*'), 'mine');
    const { instanceId } = await theirs.call('StartInstance', {
      name: 'Order',
      input: { value: '"secret"' },
    });
    expect(await mine.call('GetInstance', { instanceId, getInputsAndOutputs: true })).toMatchObject({
      exists: false,
    });
    await mine.call('TerminateInstance', { instanceId });
    await mine.call('PurgeInstances', { instanceId }).catch(() => undefined);
    const { orchestrationState } = await theirs.call('GetInstance', { instanceId });
    expect(orchestrationState?.orchestrationStatus).toBe('ORCHESTRATION_STATUS_PENDING');
  });

  test('ids of its entities mean nothing', async () => {
    const theirs = clientWith(await keyOf('contributor', 'theirs'), 'theirs');
    const mine = clientWith(await keyOf('contributor', 'mine*'), 'mine');
    const instanceId = '@counter@theirs';
    await theirs.call('SignalEntity', { instanceId, name: 'add', input: { value: '1' } });
    const asked = { instanceId, includeState: true };
    expect(await mine.call('GetEntity', asked)).toMatchObject({ exists: false });
    const query = { instanceIdStartsWith: { value: '@counter' }, includeState: true, includeTransient: true };
    expect((await mine.call('QueryEntities', { query })).entities).toEqual([]);
    // A signal of one's own makes an entity of one's own.
    await mine.call('SignalEntity', { instanceId, name: 'add', input: { value: '1' } });
    await mine.call('PurgeInstances', { instanceId }).catch(() => undefined);
    const { entities } = await theirs.call('QueryEntities', { query });
    expect(entities.map((entity) => entity.instanceId)).toEqual([instanceId]);
  });

  test('its completion tokens change nothing, and its own worker goes on', async () => {
    const name = 'Guarded';
    const theirs = clientWith(await keyOf('client', 'theirs'), 'theirs');
    const worker = workerWith(await keyOf('worker', 'theirs'), 'theirs');
    await worker.next('ping');
    const { instanceId } = await theirs.call('StartInstance', { name });
    let turn = await worker.turn();
    while (turn.instanceId !== instanceId) turn = await worker.turn();
    const attacker = clientWith(await keyOf('worker', 'mine*'), 'mine');
    const stolen = { instanceId, completionToken: turn.token, actions: [complete('"stolen"')] };
    await attacker.call('CompleteOrchestratorTask', stolen).catch(() => undefined);
    await attacker
      .call('AbandonTaskOrchestratorWorkItem', { completionToken: turn.token })
      .catch(() => undefined);
    // By the right task hub, which the attacker may not enter.
    await expect(
      clientWith(await keyOf('worker', 'mine*'), 'theirs').call('CompleteOrchestratorTask', stolen),
    ).rejects.toMatchObject({ code: status.NOT_FOUND });
    expect(await theirs.call('GetInstance', { instanceId })).toMatchObject({
      orchestrationState: { orchestrationStatus: 'ORCHESTRATION_STATUS_PENDING' },
    });
    await worker.answer(turn, [complete('"done"')]);
    const { orchestrationState } = await theirs.call('WaitForInstanceCompletion', {
      instanceId,
      getInputsAndOutputs: true,
    });
    expect(orchestrationState?.output?.value).toBe('"done"');
  });

  test('its continuation tokens show nothing of it', async () => {
    const theirs = clientWith(await keyOf('contributor', 'theirs'), 'theirs');
    const mine = clientWith(await keyOf('contributor', 'mine-too'), 'mine-too');
    for (let i = 0; i < 3; i++) await theirs.call('StartInstance', { name: 'Paged' });
    const page = await theirs.call('QueryInstances', { query: { maxInstanceCount: 1 } });
    expect(page.continuationToken).not.toBeNull();
    const query = { maxInstanceCount: 10, continuationToken: page.continuationToken };
    const seen = await mine.call('QueryInstances', { query }).catch(() => undefined);
    expect(seen?.orchestrationState ?? []).toEqual([]);
  });
});

describe('headers', () => {
  /** Asks for an instance with headers as given. */
  async function codeWith(entries: readonly (readonly [string, string])[]): Promise<string> {
    const metadata = new Metadata();
    for (const [name, value] of entries) metadata.add(name, value);
    const { code } = await callRaw(server().endpoint, 'GetInstance', Buffer.from('\n\x01x'), metadata);
    return must(status[code], 'the name of a status');
  }

  test.each([
    ['the name in capitals', 'THEIRS'],
    ['percent-encoded', '%74heirs'],
    ['behind a space', ' theirs'],
    ['before a null', 'theirs%00'],
    ['a path', 'mine/../theirs'],
    ['a pattern', '*'],
    ['a pattern of others', 'their*'],
    ['too long', 'theirs'.repeat(1_000)],
  ])('%s do not name a task hub of others', async (_, hub) => {
    const authorization = `Bearer ${await keyOf('reader', 'mine*')}`;
    expect(['NOT_FOUND', 'INVALID_ARGUMENT']).toContain(
      await codeWith([
        ['authorization', authorization],
        ['taskhub', hub],
      ]),
    );
  });

  test('two task hubs are refused', async () => {
    const mine = [
      ['authorization', `Bearer ${await keyOf('reader', 'mine*')}`],
      ['taskhub', 'mine'],
    ] as const;
    expect(await codeWith(mine)).toBe('OK');
    expect(await codeWith([...mine, ['taskhub', 'theirs']])).toBe('INVALID_ARGUMENT');
  });

  test('a huge credential is refused, and the server serves on', async () => {
    const key = `Bearer ${traces.uses(`perdura_${'a'.repeat(14_000)}`)}`;
    expect(await codeWith([['authorization', key]])).toBe('UNAUTHENTICATED');
    expect(await outcomeOf('Hello', await keyOf('worker', 'mine*'), 'mine', REFUSAL_MS)).toMatchObject({
      code: 'OK',
    });
  });
});

describe('a key that is revoked', () => {
  test('is refused within some seconds, its stream ends, and what it waited for is kept back', async () => {
    const { databaseUrl } = server();
    const key = await makeKey(databaseUrl, 'contributor', 'mine*');
    const others = workerWith(await keyOf('worker', 'mine*'), 'mine-too');
    await others.next('ping');
    const worker = workerWith(key.text, 'mine');
    await worker.next('ping');
    const client = clientWith(key.text, 'mine-too');
    const { instanceId } = await client.call('StartInstance', { name: 'Awaited' });
    const turn = await others.turn();
    const waiting = client.call('WaitForInstanceCompletion', { instanceId, getInputsAndOutputs: true });
    const refused = { code: status.UNAUTHENTICATED };
    const kept = waiting.catch((error: unknown) => error);
    await revokeKey(databaseUrl, key.id);
    await vi.waitFor(() => expect(client.call('Hello', {})).rejects.toMatchObject(refused), 10_000);
    expect(await worker.ended).toMatchObject(refused);
    await others.answer(turn, [complete('"secret"')]);
    expect(await kept).toMatchObject(refused);
    // Whose keys still count notices nothing.
    expect(others.count('ping')).toBe(0);
    await expect(clientWith(await keyOf('worker', 'mine*'), 'mine').call('Hello', {})).resolves.toEqual({});
  });
});

// The last one: of all that the tests before have used.
test('no credential stands in the log, a metric, the audit log or an error, however much is logged', async () => {
  expect(traces.log.audit.length).toBeGreaterThan(100);
  await traces.expectNoSecret(server());
});
