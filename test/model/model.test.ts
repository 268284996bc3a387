import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { PATIENCE_MS } from '../helpers/scripted-worker.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';
import { firstStreams, lanes } from './arbitraries.ts';
import { type Lanes } from './calls.ts';
import { DatabaseReader } from './database-reader.ts';
import { Coverage } from './outcomes.ts';
import { scenarios } from './scenarios.ts';
import { type Surroundings, World } from './world.ts';

const coverage = new Coverage();
const replicas: TestServer[] = [];
let around: Surroundings | undefined;

beforeAll(async () => {
  const databaseUrl = await createTestDatabase();
  const settings = { databaseUrl, streamGraceSeconds: 0, maxDeliveryAttempts: 1000 };
  replicas.push(await startTestServer(settings));
  // This one keeps hardly any history in memory.
  replicas.push(await startTestServer({ ...settings, historyCacheMb: 0.001 }));
  around = { replicas, reader: await DatabaseReader.open(databaseUrl), coverage, patienceMs: PATIENCE_MS };
});

afterAll(async () => {
  await around?.reader.close();
  for (const server of replicas) await server.close();
});

/** One or more calls, as a command. */
class Step implements fc.AsyncCommand<World, World> {
  readonly #lanes: Lanes;

  constructor(calls: Lanes) {
    this.#lanes = calls;
  }

  check(world: Readonly<World>): boolean {
    return world.operations(this.#lanes).length > 0;
  }

  async run(world: World): Promise<void> {
    await world.step(this.#lanes);
  }

  toString(): string {
    return JSON.stringify(this.#lanes);
  }
}

const TAKES_ALL = { replica: 0, filters: 0, limit: 0 } as const;

describe('directed steps do to the server what they do to an oracle in memory', () => {
  test.for(Object.entries(scenarios))('%s', { timeout: 60_000 }, async ([, steps]) => {
    const world = await World.open(must(around, 'the servers'), [TAKES_ALL, { ...TAKES_ALL, replica: 1 }]);
    try {
      for (const [n, step] of steps.entries()) {
        const isDone = await world.step('kind' in step ? [[step]] : step);
        // On a busy machine what is waited for may have happened in the step before.
        const mayBeEmpty = 'kind' in step && step.kind === 'let time pass';
        expect(isDone || mayBeEmpty, `there is something to do in step ${n}`).toBe(true);
      }
      await world.finish();
    } finally {
      world.close();
    }
  });
});

/** Once something is found, the search for its shortest form is not to take hours. */
const SHRINKING_PATIENCE_MS = 3_000;
const LONGEST_MS = 300_000;

/** Who owes work does it at once; what was forgotten is found by sweeps, seconds later. On a busy machine some steps are slow. */
const SLOW_MS = 1_000;
const MOST_SLOW = 0.1;

const seed = Number(process.env['PERDURA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = Number(process.env['PERDURA_TEST_RUNS'] ?? 40);
const path = process.env['PERDURA_TEST_PATH'];
const replayPath = process.env['PERDURA_TEST_REPLAY_PATH'];

test(
  'random commands do to the server what they do to an oracle in memory',
  { timeout: LONGEST_MS + 60_000 },
  async () => {
    report(`PERDURA_TEST_SEED=${seed} PERDURA_TEST_RUNS=${numRuns}`);
    const tookMs: number[] = [];
    const commands = fc.commands([lanes.map((calls) => new Step(calls))], {
      ...{ maxCommands: 80, size: 'max' },
      ...(replayPath === undefined ? {} : { replayPath }),
    });
    const property = fc.asyncProperty(firstStreams, commands, async (first, sequence) => {
      const servers = must(around, 'the servers');
      const world = await World.open(servers, first);
      try {
        await fc.asyncModelRun(() => ({ model: world, real: world }), sequence);
        await world.finish();
      } catch (error) {
        if (servers.patienceMs === PATIENCE_MS) report(`found ${String(error)}\nmaking it shorter`);
        servers.patienceMs = SHRINKING_PATIENCE_MS;
        throw error;
      } finally {
        tookMs.push(...world.tookMs);
        world.close();
      }
    });
    await fc.assert(property, {
      ...{ seed, numRuns, interruptAfterTimeLimit: LONGEST_MS, markInterruptAsFailure: true },
      ...(path === undefined ? {} : { path }),
    });
    const slow = tookMs.filter((ms) => ms > SLOW_MS).length;
    report(
      `${tookMs.length} steps, ${slow} of them slow; the slowest took ${Math.round(Math.max(...tookMs))} ms`,
    );
    expect(slow, 'slow steps').toBeLessThan(1 + tookMs.length * MOST_SLOW);
  },
);

function report(text: string): void {
  process.stdout.write(`model test: ${text}\n`);
}

test('every operation succeeded at least once', () => {
  expect(coverage.missing()).toEqual([]);
});
