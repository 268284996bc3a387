import { type Pool } from 'pg';
import { hubName, instanceId, type InstanceId, partitionOf } from '../../src/domain/ids.ts';
import { type InstanceState } from '../../src/domain/instance.ts';
import { type Message, type MessageDraft, ranks } from '../../src/domain/message.ts';
import {
  type BatchResult,
  DEFAULT_STORE,
  type Hint,
  type Residency,
  type Store,
} from '../../src/domain/store.ts';
import {
  type Address,
  type EndPatch,
  type NewActivity,
  type NewInstance,
  type NewMessage,
  type Patch,
  type TurnPatch,
  type Write,
  type WriteResult,
} from '../../src/domain/write.ts';
import { must } from '../../src/lib/assert.ts';
import { openStore, type OpenStore, type StoreOptions } from '../../src/postgres/store.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { schema, test as databaseTest } from './database.ts';

interface Remembered {
  partition: number;
  key: number;
  turn: number;
  generation: number;
  messages: Message[];
  hasMore: boolean;
}

/** The simplest memory that a store can work with: what it was told, by key. */
class Memory implements Residency {
  readonly residents = new Map<number, Remembered>();
  readonly results: BatchResult[] = [];

  holds(key: number): boolean {
    return this.residents.has(key);
  }

  knownMessages(key: number): readonly number[] {
    return this.residents.get(key)?.messages.map(({ messageId }) => messageId) ?? [];
  }

  get(key: number): Remembered {
    return must(this.residents.get(key), `resident ${key}`);
  }

  settle(result: BatchResult): () => void {
    this.#learn(result);
    return () => undefined;
  }

  #learn(result: BatchResult): void {
    this.results.push(result);
    for (const { patch, inserted } of result.patches) this.#apply(patch, inserted);
    for (const { instance, started } of result.started) {
      this.#begin({ ...instance, turn: 0, generation: 0 }, [started]);
    }
    for (const { state, messages, hasMore } of result.claimed) this.#begin(state, messages, hasMore);
    for (const { key, message } of result.delivered) this.#hold(this.residents.get(key), [message]);
    for (const { key, messages } of result.fetched) this.#hold(this.residents.get(key), messages);
  }

  #apply(patch: Patch, inserted: readonly Message[]): void {
    const resident = this.residents.get(patch.key);
    if (!resident || patch.kind === 'fetch') return;
    if (patch.kind === 'end' || patch.kind === 'release') {
      this.residents.delete(patch.key);
      return;
    }
    const consumed = new Set(patch.consumed.map(({ messageId }) => messageId));
    resident.messages = resident.messages.filter(({ messageId }) => !consumed.has(messageId));
    if (patch.kind === 'entity' ? patch.isTurn : patch.kind !== 'control') resident.turn++;
    if (patch.kind === 'renew') resident.generation = patch.generation;
    this.#hold(resident, inserted);
  }

  /** What several results told, as one list. */
  all<Part extends keyof BatchResult>(part: Part): BatchResult[Part][number][] {
    return this.results.flatMap((result) => [...result[part]] as BatchResult[Part][number][]);
  }

  #begin(
    { partition, key, turn, generation }: Pick<InstanceState, 'partition' | 'key' | 'turn' | 'generation'>,
    messages: readonly Message[],
    hasMore = false,
  ): void {
    this.residents.set(key, { partition, key, turn, generation, messages: [...messages], hasMore });
  }

  #hold(resident: Remembered | undefined, messages: readonly Message[]): void {
    if (!resident) return;
    const known = new Set(resident.messages.map(({ messageId }) => messageId));
    resident.messages.push(...messages.filter(({ messageId }) => !known.has(messageId)));
    resident.messages.sort((a, b) => a.rank - b.rank || a.messageId - b.messageId);
  }
}

/** A store with its memory, and everything it told. */
export interface Replica {
  readonly store: OpenStore;
  readonly memory: Memory;
  readonly hints: Hint[];
  readonly deaths: string[];
  readonly batches: number[];
}

/** Makes a task hub that is absent, and returns its id. */
export async function makeHub(store: Store, name: string): Promise<number> {
  const { placeId } = await store.placeHub(name, DEFAULT_STORE);
  return must(await store.createHub(name, placeId), 'the hub of a new place');
}

const log = createLogger({ level: 'silent', format: 'json' });

async function openReplica(databaseUrl: string, overrides: Partial<StoreOptions> = {}): Promise<Replica> {
  const memory = new Memory();
  const hints: Hint[] = [];
  const deaths: string[] = [];
  const batches: number[] = [];
  const store = await openStore({
    ...{ databaseUrl, schema, poolSize: 3, address: 'test', version: '0', residency: memory, log },
    onHint: (received) => hints.push(...received),
    onDead: (reason) => deaths.push(reason),
    onBatch: (size) => batches.push(size),
    ...overrides,
  });
  return { store, memory, hints, deaths, batches };
}

/** A test with a database, its hub, and as many replicas as it opens; all of them are ended after it. */
export const test = databaseTest.extend<{
  hubId: number;
  open: (overrides?: Partial<StoreOptions>) => Promise<Replica>;
}>({
  hubId: async ({ db }, use) => {
    const { rows } = await db.query<{ hub_id: number }>(
      'insert into hubs (name) values ($1) returning hub_id',
      [hubName('default')],
    );
    await use(must(rows[0], 'a hub').hub_id);
  },
  open: async ({ databaseUrl }, use) => {
    const replicas: Replica[] = [];
    await use(async (overrides) => {
      const replica = await openReplica(databaseUrl, overrides);
      replicas.push(replica);
      return replica;
    });
    for (const { store } of replicas) store.abort('the test is over');
  },
});

const NOW = 1_750_000_000_000_000;

export function newInstance(
  { store }: Replica,
  hubId: number,
  id: string,
  overrides: Partial<NewInstance> = {},
): NewInstance {
  return {
    ...{ hubId, id: instanceId(id), partition: partitionOf(hubId, id), key: store.ids.key() },
    ...{ kind: 'orchestration', name: 'Hello', version: null, executionId: store.ids.executionId() },
    ...{ input: '"in"', tags: null, parent: null, createdAt: NOW, scheduledAt: null },
    ...{ timerKey: store.ids.key(), started: Buffer.from(`started ${id}`), owned: true },
    ...{ replaces: [], ifTaken: null },
    ...overrides,
  };
}

/** Starts an instance that is resident at that replica. */
export async function start(
  replica: Replica,
  hubId: number,
  id: string,
  overrides: Partial<NewInstance> = {},
): Promise<NewInstance> {
  const instance = newInstance(replica, hubId, id, overrides);
  await replica.store.commit({ instances: [instance] });
  return instance;
}

/** A turn that takes everything the resident holds. */
export function turn({ memory }: Replica, key: number, overrides: Partial<TurnPatch> = {}): TurnPatch {
  const { partition, turn: recorded, messages } = memory.get(key);
  return {
    ...{
      kind: 'turn',
      partition,
      key,
      turn: recorded,
      consumed: [...messages],
      updatedAt: NOW + recorded + 1,
    },
    ...{
      status: 'running',
      history: Buffer.from(`turn ${recorded}`),
      customStatus: null,
      traceContext: null,
      sections: [],
    },
    ...overrides,
  };
}

export function end({ memory }: Replica, key: number, overrides: Partial<EndPatch> = {}): EndPatch {
  const { partition, turn: recorded, messages } = memory.get(key);
  return {
    ...{
      kind: 'end',
      partition,
      key,
      turn: recorded,
      consumed: [...messages],
      updatedAt: NOW + recorded + 1,
    },
    ...{ status: 'completed', history: Buffer.from(`turn ${recorded}`), customStatus: null, output: '"out"' },
    ...{ failure: null, dropsActivities: false },
    ...overrides,
  };
}

export function newActivity(
  { store }: Replica,
  instance: NewInstance,
  overrides: Partial<NewActivity> = {},
): NewActivity {
  const { partition, key, hubId } = instance;
  return {
    ...{ partition, key, hubId, activityKey: store.ids.key(), generation: 0, taskId: 1, name: 'Add' },
    ...{ version: null, effectiveVersion: null, owned: true, request: Buffer.from('request') },
    ...overrides,
  };
}

export function eventDraft(text: string): MessageDraft {
  return { rank: ranks.arrived, kind: 'eventRaised', event: Buffer.from(text) };
}

export function toId(hubId: number, id: InstanceId): Address {
  return { by: 'id', partition: partitionOf(hubId, id), hubId, id };
}

/** A client's event to an id. */
export function raise(hubId: number, id: InstanceId, text: string): NewMessage {
  return { to: toId(hubId, id), message: eventDraft(text), isFromClient: true };
}

function committed(result: WriteResult): Extract<WriteResult, { outcome: 'committed' }> {
  if (result.outcome !== 'committed') throw new Error(`the write was ${result.outcome}`);
  return result;
}

export async function commit(
  { store }: Replica,
  write: Write,
): Promise<Extract<WriteResult, { outcome: 'committed' }>> {
  return committed(await store.commit(write));
}

/** Texts of the messages that a replica holds for an instance. */
export function held({ memory }: Replica, key: number): string[] {
  return memory.get(key).messages.map(({ event }) => event.toString());
}

export interface InstanceRow {
  readonly owner: number | null;
  readonly ready_at: number | null;
  readonly engine_work: boolean;
  readonly status: number;
  readonly turn: number;
  readonly generation: number;
  readonly attempts: number;
  readonly is_due: boolean;
}

export async function instanceRow(db: Pool, key: number): Promise<InstanceRow | undefined> {
  const { rows } = await db.query<InstanceRow>(
    `select owner, ready_at, engine_work, status, turn, generation, attempts, ready_at <= clock_timestamp() as is_due
       from instances where instance_key = $1`,
    [key],
  );
  return rows[0];
}

export async function inboxOf(db: Pool, key: number): Promise<string[]> {
  const { rows } = await db.query<{ event: Buffer }>(
    'select event from inbox where instance_key = $1 order by rank, message_id',
    [key],
  );
  return rows.map(({ event }) => event.toString());
}

export async function count(db: Pool, table: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(`select count(*) as count from ${table}`);
  return must(rows[0], 'a count').count;
}

/** Waits for a condition, with a deadline. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what} did not happen in time`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export { expect } from './database.ts';
