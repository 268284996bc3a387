import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Response } from '../../src/grpc/client.ts';
import { withClient } from '../../src/postgres/bench-client.ts';
import { fillDatabase } from '../../src/postgres/bench-rows.ts';
import { statusNamed, type TestHub } from '../helpers/client.ts';
import { complete } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub, server } = useServer();
const COPIES = 100_000;
/** On a busy machine; it takes ten seconds or so. */
const TEST_MS = 120_000;

/** One finished and one running instance, and so many copies of the finished one. Gives the running one. */
async function filled(orders: TestHub): Promise<string> {
  const worker = await orders.worker();
  // Ids of copies are as long as this one.
  const finished = await orders.start({ instanceId: randomUUID().replaceAll('-', '') });
  await worker.play([complete('1')]);
  await orders.completed(finished);
  const running = await orders.start();
  await worker.play([]);
  await fillDatabase(server().databaseUrl, { finished: COPIES, waiting: 0 });
  worker.close();
  return running;
}

/** Finished instances that there still are in the task hub of the running one. */
function countFinished(running: string): Promise<number> {
  return withClient(server().databaseUrl, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::int as count
         from instances
        where completed_at is not null
          and hub_id = (select hub_id from instances where instance_id = $1)`,
      [running],
    );
    return rows[0]?.count ?? NaN;
  });
}

function purge(orders: TestHub, seconds: number): Promise<Response<'PurgeInstances'>> {
  const timeout = { seconds: Math.floor(seconds), nanos: (seconds % 1) * 1e9 };
  const purgeInstanceFilter = { timeout };
  return orders.client.call('PurgeInstances', { purgeInstanceFilter }, { timeoutMs: TEST_MS });
}

/** Runs orchestrations one after the other until it is told to stop; gives the time of each. */
async function serveOthers(signal: AbortSignal): Promise<number[]> {
  const others = hub();
  const worker = await others.worker();
  const timesMs: number[] = [];
  while (!signal.aborted) {
    const begin = performance.now();
    const id = await others.start();
    await worker.play([complete('1')]);
    await others.completed(id);
    timesMs.push(performance.now() - begin);
  }
  return timesMs;
}

test(
  'a purge of 100,000 stops when its time is over, says how far it came, and goes on when called again; others are served meanwhile',
  async () => {
    const orders = hub();
    const running = await filled(orders);
    const stop = new AbortController();
    const served = serveOthers(stop.signal);
    const begin = performance.now();
    const first = await purge(orders, 0.5);
    const firstMs = performance.now() - begin;
    expect(await countFinished(running)).toBe(COPIES + 1 - first.deletedInstanceCount);
    const counts = [first.deletedInstanceCount];
    for (let { isComplete } = first; !isComplete?.value;) {
      const next = await purge(orders, 2);
      counts.push(next.deletedInstanceCount);
      ({ isComplete } = next);
    }
    stop.abort();
    const timesMs = await served;
    expect(first.isComplete).toEqual({ value: false });
    expect(firstMs).toBeLessThan(2_500);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(COPIES + 1);
    expect(await countFinished(running)).toBe(0);
    expect(await orders.status(running)).toBe(statusNamed('RUNNING'));
    expect(timesMs.length).toBeGreaterThan(10);
    expect(Math.max(...timesMs)).toBeLessThan(2_000);
  },
  TEST_MS,
);
