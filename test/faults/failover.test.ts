import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { failureOf } from '../../src/grpc/client.ts';
import { createPool } from '../../src/postgres/pool.ts';
import { schema } from '../helpers/schema.ts';
import { allEnded, faultsOf, readAll } from '../replicas/check.ts';
import { faultsIn } from '../replicas/launched.ts';
import { plan, type Planned } from '../replicas/load.ts';
import { livingIn } from './place.ts';
import { Rig } from './rig.ts';

// What a failover costs where the standby is not synchronous: the promise is broken there, and this is by how much. That
// nothing is lost with a synchronous one is what every run with the fault `fail-over` checks.

const CLIENTS = 4;
const BEHIND_MS = 1_000;
/** What a standby on the same machine may not have heard of yet when it is cut off. */
const UNDER_WAY_MS = 500;
const RECOVERED_MS = 30_000;

interface Acknowledged {
  readonly planned: Planned;
  readonly atMs: number;
}

/** Starts one orchestration after the other until it is told to stop; those whose start was acknowledged, in order. */
async function startMany(rig: Rig, number: number, signal: AbortSignal): Promise<Acknowledged[]> {
  const client = rig.client();
  const acknowledged: Acknowledged[] = [];
  for (let count = 0; !signal.aborted; count++) {
    const planned = plan(number * 1_000_000 + count, ['Chain', '5', '5']);
    const { id: instanceId, name, input } = planned;
    try {
      await client.call('StartInstance', { instanceId, name, input: { value: input } }, { timeoutMs: 5_000 });
      acknowledged.push({ planned, atMs: Date.now() });
    } catch (error) {
      if (!failureOf(error)) throw error;
    }
    await pause(5);
  }
  return acknowledged;
}

test('an asynchronous standby that takes over lacks the last moments and nothing else, and the server goes on from there', async () => {
  await using rig = await Rig.start(1, new Set());
  const stopping = new AbortController();
  const clients = Promise.all(
    Array.from({ length: CLIENTS }, (_, number) => startMany(rig, number, stopping.signal)),
  );
  await pause(2_000);
  let silentMs = 0;
  const onSilence = (): void => void (silentMs = Date.now());
  await rig.failOver({ behindMs: BEHIND_MS, onSilence });
  const overMs = Date.now();
  await pause(6_000);
  stopping.abort();
  const sequences = await clients;

  const db = createPool({ url: rig.postgres.url, schema, size: 2, onIdleError: () => undefined });
  try {
    await allEnded(db, 1, RECOVERED_MS);
    const recorded = await readAll(db);
    const missing = sequences.flat().filter(({ planned }) => !recorded.has(planned.id));
    const total = sequences.flat().length;
    process.stdout.write(
      `${missing.length} of ${total} acknowledged starts are missing, acknowledged up to ${Math.max(...missing.map(({ atMs }) => overMs - atMs))} ms before the standby had taken over\n`,
    );
    expect(missing.length, 'of what the standby never heard').toBeGreaterThan(0);
    for (const { planned, atMs } of missing) {
      expect(atMs, planned.id).toBeGreaterThan(silentMs - UNDER_WAY_MS);
      expect(atMs, planned.id).toBeLessThan(overMs);
    }
    // What is lost is the end of what was acknowledged, without a hole: whatever came before the first loss is there.
    for (const sequence of sequences) {
      const before = sequence
        .filter(({ atMs }) => atMs < overMs)
        .map(({ planned }) => recorded.has(planned.id));
      expect(before.lastIndexOf(true)).toBeLessThan(before.indexOf(false));
      expect(sequence.some(({ atMs }) => atMs > overMs)).toBe(true);
    }
    const known = sequences.flat().map(({ planned }) => planned);
    const unknown = [...recorded.keys()].filter((id) => !known.some((planned) => planned.id === id));
    const chains = [...known, ...unknown.map((id) => ({ ...plan(0, ['Chain', '5', '5']), id }))];
    const planned = chains.filter(({ id }) => recorded.has(id));
    expect(await faultsOf(db, { planned, sent: new Map() })).toEqual([]);
    const server = livingIn(rig.places[0] ?? expect.fail('a server'));
    expect(server.isRunning()).toBe(true);
    expect(faultsIn(server)).toEqual([]);
    expect(server.complaints).toEqual([]);
  } finally {
    await db.end();
  }
});
