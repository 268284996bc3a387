import {
  Client,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { Client as Database } from 'pg';
import { describe, expect, test } from 'vitest';
import { codec } from '../../src/protocol/codec.ts';
import { type TestHub } from '../helpers/client.ts';
import { complete, continueAsNew, type ScriptedWorker, type TurnItem } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';
import { until } from '../helpers/store.ts';
import { type Chunk, historyChunks, historyOf } from './history.ts';

// Histories that are larger than a message may be, and readers that take their time.

const { hub, server } = useServer();
const MB = 1024 * 1024;
/** What .NET, Python and Java receive at most, and what a work item may have. */
const RECEIVED_BYTES = 4 * MB;
/** More than a client reads ahead, and not a whole number of pages that the server reads. */
const EVENTS = 50;
const value = 'x'.repeat(600_000);
const names = Array.from({ length: EVENTS }, (_, n) => `e${n}`);

interface Large {
  readonly orders: TestHub;
  readonly worker: ScriptedWorker;
  readonly id: string;
}

/** A running instance that has recorded more than 25 megabytes, in a turn for each. */
async function large(): Promise<Large> {
  const orders = hub();
  const worker = await orders.worker({ request: { capabilities: ['WORKER_CAPABILITY_HISTORY_STREAMING'] } });
  const id = await orders.start();
  await worker.play([]);
  for (const name of names) {
    await orders.raise(id, name, value);
    await worker.play([]);
  }
  return { orders, worker, id };
}

const decodeChunk = (bytes: Buffer): Chunk => {
  const { events } = codec.decode('HistoryChunk', bytes);
  return { events };
};

const namesIn = (chunks: readonly Chunk[]): string[] =>
  chunks.flatMap(({ events }) => events.flatMap(({ eventRaised }) => eventRaised?.name ?? []));

/** A reader, on a connection of its own, that stops after the first chunk until it is told to go on. */
class SlowReader {
  readonly chunks: Chunk[] = [];
  readonly #client: Client;
  readonly #stream: ClientReadableStream<Buffer>;
  readonly #ended = Promise.withResolvers<keyof typeof status>();
  /** What the stream ended with. */
  readonly ended = this.#ended.promise;

  constructor({ orders, id }: Large, executionId?: string) {
    const forWorker =
      executionId === undefined ? {} : { executionId: { value: executionId }, forWorkItemProcessing: true };
    const request = codec.encode('StreamInstanceHistoryRequest', { instanceId: id, ...forWorker });
    const metadata = new Metadata();
    metadata.set('taskhub', orders.name);
    const asIs = (bytes: Buffer): Buffer => bytes;
    // Its own connection: what one stream does not read stands in the way of others on the same.
    this.#client = new Client(orders.endpoint, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    });
    const path = '/TaskHubSidecarService/StreamInstanceHistory';
    this.#stream = this.#client.makeServerStreamRequest(path, asIs, asIs, request, metadata);
    this.#stream.on('data', (bytes: Buffer) => {
      this.chunks.push(decodeChunk(bytes));
      if (this.chunks.length === 1) this.#stream.pause();
    });
    this.#stream.on('error', (error: ServiceError) => {
      this.#end(status[error.code] as keyof typeof status);
    });
    this.#stream.on('end', () => {
      this.#end('OK');
    });
  }

  #end(code: keyof typeof status): void {
    this.#client.close();
    this.#ended.resolve(code);
  }

  async begun(): Promise<this> {
    await until(() => this.chunks.length > 0, 'the first chunk');
    return this;
  }

  goOn(): void {
    this.#stream.resume();
  }

  cancel(): void {
    this.#stream.cancel();
    this.#stream.resume();
  }
}

/** How many connections of the server are so. */
async function connections(condition: string): Promise<number> {
  const db = new Database({ connectionString: server().databaseUrl });
  await db.connect();
  const { rowCount } = await db.query(
    `select 1 from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and ${condition}`,
  );
  await db.end();
  return rowCount ?? 0;
}

/** Waits until nobody reads history: whoever could go on has gone on. */
async function noMoreReads(): Promise<void> {
  const recent = "query like '%from history r%' and state_change > clock_timestamp() - interval '300 ms'";
  await until(async () => (await connections(recent)) === 0, 'a moment without reads');
}

test('a history of many megabytes comes whole, in order, in chunks of at most one', async () => {
  const { orders, id } = await large();
  const chunks = await historyChunks(orders, { instanceId: id });
  expect(namesIn(chunks)).toEqual(names);
  for (const chunk of chunks) expect(codec.encode('HistoryChunk', chunk).length).toBeLessThanOrEqual(MB);
});

describe('a reader that takes its time', () => {
  test('gets all of what there was when it began, and none of what came since', async () => {
    const all = await large();
    const reader = await new SlowReader(all).begun();
    await noMoreReads();
    await all.orders.raise(all.id, 'since', value);
    await all.worker.play([]);
    reader.goOn();
    expect(await reader.ended).toBe('OK');
    expect(namesIn(reader.chunks)).toEqual(names);
    const now = await historyOf(all.orders, all.id);
    expect(now.flatMap(({ eventRaised }) => eventRaised?.name ?? [])).toEqual([...names, 'since']);
  });

  test('keeps no connection to the database and holds nobody up, however many there are', async () => {
    const all = await large();
    const readers = await Promise.all(Array.from({ length: 12 }, () => new SlowReader(all).begun()));
    await noMoreReads();
    expect(await connections("state like 'idle in%'")).toBe(0);
    expect(await all.orders.get(all.id)).toMatchObject({ instanceId: all.id });
    const other = await all.orders.start();
    await all.worker.play([complete('1')]);
    expect((await all.orders.completed(other)).output).toEqual({ value: '1' });
    for (const reader of readers) reader.cancel();
    expect(new Set(await Promise.all(readers.map(({ ended }) => ended)))).toEqual(new Set(['CANCELLED']));
  });

  test('is told when the instance was purged meanwhile', async () => {
    const all = await large();
    const reader = await new SlowReader(all).begun();
    await noMoreReads();
    await all.orders.terminate(all.id);
    await all.orders.client.call('PurgeInstances', { instanceId: all.id });
    reader.goOn();
    expect(await reader.ended).toBe('ABORTED');
    expect(namesIn(reader.chunks).length).toBeLessThan(EVENTS);
  });

  test('is told when the instance continued as new meanwhile', async () => {
    const all = await large();
    const reader = await new SlowReader(all).begun();
    await noMoreReads();
    await all.orders.raise(all.id, 'go');
    await all.worker.play([continueAsNew('2')]);
    reader.goOn();
    expect(await reader.ended).toBe('ABORTED');
    expect(await historyChunks(all.orders, { instanceId: all.id })).toEqual([]);
  });
});

test('readers that go in the middle leave nothing behind: the next one gets everything', async () => {
  const all = await large();
  for (let round = 0; round < 2; round++) {
    const readers = await Promise.all(Array.from({ length: 6 }, () => new SlowReader(all).begun()));
    for (const reader of readers) reader.cancel();
    await Promise.all(readers.map(({ ended }) => ended));
  }
  // Those that go before anything has come.
  for (let n = 0; n < 20; n++) new SlowReader(all).cancel();
  expect(await connections("state like 'idle in%'")).toBe(0);
  expect(namesIn(await historyChunks(all.orders, { instanceId: all.id }))).toEqual(names);
});

describe('a worker that reads the past of its turn', () => {
  test('is told when the turn was recorded by somebody else meanwhile', async () => {
    const all = await large();
    await all.orders.raise(all.id, 'next');
    const item = await all.worker.turn();
    expect(item.request.requiresHistoryStreaming).toBe(true);
    const reader = await new SlowReader(all, item.executionId).begun();
    await noMoreReads();
    await all.worker.answer(item, []);
    reader.goOn();
    expect(await reader.ended).toBe('ABORTED');
  });

  test('gets nothing of an execution that is over', async () => {
    const all = await large();
    await all.orders.raise(all.id, 'next');
    const { executionId = '' } = await all.worker.play([continueAsNew('2')]);
    const rest = { executionId: { value: executionId }, forWorkItemProcessing: true };
    expect(await historyOf(all.orders, all.id, rest)).toEqual([]);
  });
});

describe('a work item', () => {
  const sizeOf = ({ request }: TurnItem): number => codec.encode('OrchestratorRequest', request).length;

  test.each([[[]], [['WORKER_CAPABILITY_HISTORY_STREAMING' as const]]])(
    'is never larger than a worker can receive, and nearly so before its history is streamed: %j (orchestrations §1.24)',
    async (capabilities) => {
      const orders = hub();
      const worker = await orders.worker({ request: { capabilities } });
      const id = await orders.start();
      await worker.play([]);
      let largest = 0;
      let isStreamed = false;
      const isOver = async (): Promise<boolean> =>
        isStreamed || (await orders.get(id)).completedTimestamp !== null;
      for (let n = 0; !(await isOver()); n++) {
        await orders.raise(id, `e${n}`, 'x'.repeat(250_000));
        await until(async () => worker.count('orchestration') > 0 || (await isOver()), 'a turn or the end');
        if (worker.count('orchestration') === 0) continue;
        const item = await worker.play([]);
        isStreamed = item.request.requiresHistoryStreaming;
        expect(sizeOf(item)).toBeLessThan(RECEIVED_BYTES);
        largest = Math.max(largest, sizeOf(item));
      }
      expect(isStreamed).toBe(capabilities.length > 0);
      expect(largest).toBeGreaterThan(RECEIVED_BYTES - 600_000);
    },
  );
});
