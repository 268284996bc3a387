import { status, type ServiceError } from '@grpc/grpc-js';
import { type Pool } from 'pg';
import { type Request, type UnaryName } from '../../src/grpc/client.ts';
import { must } from '../../src/lib/assert.ts';
import { statusNamed, type TestHub } from '../helpers/client.ts';
import {
  type Action,
  complete,
  createChild,
  fail,
  scheduleTask,
  type ScriptedWorker,
} from '../helpers/scripted-worker.ts';
import { leftovers } from './check.ts';
import { count, expect, faultsIn, test, until } from './replicas.ts';

// Everything that a client can do to an instance, to few instances, from two replicas, all at once. What each call does
// depends on the others; that none fails by a fault of the server or leaves anything behind, and hardly any deadlocks, does not.

const IDS = 8;
const CALLS = 500;
/** So many when calls that are seldom in luck have not had any. */
const MOST_CALLS = 10_000;
/** Calls under way at the same time. */
const LANES = 12;

/**
 * A start waits for whoever is making or deleting a row of the same id, which no order of locks foresees. PostgreSQL ends
 * one of the two, and its batch is repeated: seldom, although ids are few and every change lingers here.
 */
const RARE_DEADLOCKS = 2;

/** Numbers that look random, the same in each run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const everyStatus = ['COMPLETED', 'FAILED', 'TERMINATED', 'PENDING', 'RUNNING', 'SUSPENDED'] as const;

type Call = (id: string) => readonly [UnaryName, Request<UnaryName>];

/** Calls that change instances as a whole, by how often they are made. */
const lives: readonly Call[] = [
  (instanceId) => ['StartInstance', { instanceId, name: 'Storm' }],
  (instanceId) => ['StartInstance', { instanceId, name: 'Storm' }],
  (instanceId) => ['RewindInstance', { instanceId }],
  (instanceId) => ['RewindInstance', { instanceId }],
  (instanceId) => ['RestartInstance', { instanceId }],
  (instanceId) => ['PurgeInstances', { instanceId, recursive: true }],
  (instanceId) => ['PurgeInstances', { instanceBatch: { instanceIds: [instanceId, `${instanceId}:c`] } }],
  () => [
    'PurgeInstances',
    {
      purgeInstanceFilter: { runtimeStatus: [statusNamed('COMPLETED')] },
      recursive: true,
    },
  ],
  () => ['QueryInstances', { query: { fetchInputsAndOutputs: true } }],
];

/** Those and calls that send messages to whoever has the id. */
const everything: readonly Call[] = [
  ...lives,
  (instanceId) => [
    'StartInstance',
    {
      ...{ instanceId, name: 'Storm' },
      orchestrationIdReusePolicy: {
        replaceableStatus: everyStatus.map(statusNamed),
      },
    },
  ],
  (instanceId) => ['RaiseEvent', { instanceId, name: 'go' }],
  (instanceId) => ['RaiseEvent', { instanceId, name: 'go' }],
  (instanceId) => ['TerminateInstance', { instanceId, recursive: true }],
  (instanceId) => ['SuspendInstance', { instanceId }],
  (instanceId) => ['ResumeInstance', { instanceId }],
  (instanceId) => [
    'SkipGracefulOrchestrationTerminations',
    { instanceBatch: { instanceIds: [instanceId, `${instanceId}:c`] } },
  ],
];

/** What a refusal may be. Anything else is a fault. */
const refusals = ['ALREADY_EXISTS', 'NOT_FOUND', 'FAILED_PRECONDITION', 'ABORTED', 'UNAVAILABLE'];

/** Answers whatever comes until its stream ends. */
async function play(worker: ScriptedWorker, pick: (below: number) => number): Promise<void> {
  const answers: readonly ((id: string) => Action[])[] = [
    () => [complete('1')],
    () => [fail({ errorType: 'E', errorMessage: 'm' })],
    (id) => [createChild(1, { instanceId: `${id}:c` }), scheduleTask(2, 'A')],
    (id) => [createChild(3, { instanceId: `${id}:c` }), fail({ errorType: 'E', errorMessage: 'm' })],
    () => [fail({ errorType: 'E', errorMessage: 'm' }), scheduleTask(4, 'B')],
    () => [],
  ];
  const over = new AbortController();
  void worker.ended.then(() => {
    over.abort();
  });
  while (!over.signal.aborted) {
    try {
      const item = await worker.turn();
      const isDeep = item.instanceId.length > 12;
      const choice = must(answers[pick(isDeep ? 2 : answers.length)], 'an answer');
      await worker.answer(item, choice(item.instanceId));
      while (worker.count('activity') > 0) await worker.completeActivity(await worker.activity());
    } catch (error) {
      // Nothing comes for long at the end, or the stream is closed.
      expect(String(error)).toMatch(/in time|the stream ended|CANCELLED|Channel has been shut down/);
    }
  }
}

/** Whether the calls that these tests are about have each done what they are for. */
function haveDoneSomething(codes: ReadonlyMap<string, number>): boolean {
  const rpcs = ['StartInstance', 'RewindInstance', 'RestartInstance', 'PurgeInstances'];
  return rpcs.every((rpc) => codes.has(`${rpc} OK`));
}

/** Makes the calls, many at a time. Returns the codes that they ended with. */
async function storm(
  calls: readonly Call[],
  hubs: readonly TestHub[],
  pick: (below: number) => number,
): Promise<Map<string, number>> {
  const codes = new Map<string, number>();
  let made = 0;
  const lane = async (): Promise<void> => {
    while (made < CALLS || (made < MOST_CALLS && !haveDoneSomething(codes))) {
      made++;
      const [rpc, request] = must(calls[pick(calls.length)], 'a call')(`s-${pick(IDS)}`);
      const { client } = must(hubs[pick(hubs.length)], 'a hub');
      const code = await client.call(rpc, request, { timeoutMs: 20_000 }).then(
        () => 'OK',
        (error: unknown) => status[(error as ServiceError).code],
      );
      codes.set(`${rpc} ${code}`, (codes.get(`${rpc} ${code}`) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return codes;
}

/** How many transactions were ended by a deadlock. Connections tell when they end. */
async function deadlocks(db: Pool): Promise<number> {
  const open = (): Promise<number> => count(db, 'pg_stat_activity where datname = current_database()');
  await until(async () => (await open()) <= db.totalCount, 'the end of the connections of replicas');
  const { rows } = await db.query<{ deadlocks: number }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  return must(rows[0], 'statistics of the database').deadlocks;
}

/** Makes transactions pause after every change of instances, so that those of both replicas meet all the time. */
async function slowDown(db: Pool): Promise<void> {
  await db.query(
    `create function linger() returns trigger language plpgsql as $$
     begin
       perform pg_sleep(0.005);
       return null;
     end $$`,
  );
  await db.query(
    'create trigger linger after update or delete or insert on instances execute function linger()',
  );
}

/** Ends and purges all there is. */
async function clear({ client }: TestHub, db: Pool): Promise<void> {
  const isEmpty = async (): Promise<boolean> => {
    const { orchestrationState } = await client.call('QueryInstances', {});
    const instanceIds = orchestrationState.map(({ instanceId }) => instanceId);
    await client.call('SkipGracefulOrchestrationTerminations', {
      instanceBatch: { instanceIds },
    });
    await client.call('PurgeInstances', { purgeInstanceFilter: {} });
    return (await count(db, 'instances')) === 0;
  };
  await until(isEmpty, 'the end of all instances', 30_000);
}

test.for([
  {
    what: 'that change instances as a whole, while every change lingers',
    seed: 1,
    calls: lives,
    isSlow: true,
  },
  {
    what: 'that change instances as a whole, while every change lingers',
    seed: 2,
    calls: lives,
    isSlow: true,
  },
  { what: 'of every kind', seed: 3, calls: everything, isSlow: true },
  { what: 'of every kind', seed: 1, calls: everything, isSlow: true },
])(
  'a storm of calls $what, leaves nothing behind ($seed)',
  async ({ seed, calls, isSlow }, { replica, at, db }) => {
    if (isSlow) await slowDown(db);
    const pick = numbers(seed);
    const replicas = [await replica(), await replica()];
    const hubs = replicas.map(at);
    const workers = await Promise.all(hubs.map((hub) => hub.worker()));
    const playing = Promise.all(workers.map((worker) => play(worker, pick)));
    const codes = await storm(calls, hubs, pick);
    const other = [...codes.keys()].filter((key) => ![...refusals, 'OK'].includes(key.split(' ')[1] ?? ''));
    expect(other).toEqual([]);
    expect(haveDoneSomething(codes)).toBe(true);
    await clear(must(hubs[0], 'a hub'), db);
    for (const worker of workers) worker.close();
    await playing;
    expect(await leftovers(db)).toEqual([]);
    expect(replicas.flatMap((one) => [...faultsIn(one)])).toEqual([]);
    for (const hub of hubs) hub.close();
    await Promise.all(replicas.map(({ server }) => server.stop()));
    expect(await deadlocks(db)).toBeLessThanOrEqual(RARE_DEADLOCKS);
  },
);
