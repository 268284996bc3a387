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
const SHRINKING_MS = 180_000;

/** Who owes work does it at once; what was forgotten is found by sweeps, seconds later. On a busy machine some steps are slow. */
const SLOW_MS = 1_000;
const MOST_SLOW = 0.1;

const { env } = process;
const firstSeed = Number(env['PERDURA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** CI has the time; everybody else has CI. */
const FOR_MS = 1_000 * Number(env['PERDURA_TEST_SECONDS'] ?? (env['CI'] === undefined ? 20 : 120));
const path = env['PERDURA_TEST_PATH'];
const replayPath = env['PERDURA_TEST_REPLAY_PATH'];

/** One sequence of commands; each has a seed of its own. */
async function tryRandomCommands(seed: number, tookMs: number[]): Promise<void> {
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
      if (servers.patienceMs === PATIENCE_MS) {
        report(`found with PERDURA_TEST_SEED=${seed} ${String(error)}\nmaking it shorter`);
      }
      servers.patienceMs = SHRINKING_PATIENCE_MS;
      throw error;
    } finally {
      tookMs.push(...world.tookMs);
      world.close();
    }
  });
  const outcome = await fc.check(property, {
    ...{ seed, numRuns: 1, interruptAfterTimeLimit: SHRINKING_MS, markInterruptAsFailure: true },
    ...(path === undefined ? {} : { path }),
  });
  if (!outcome.failed) return;
  const text = fc.defaultReportMessage(outcome) ?? '';
  const shortest = /replayPath="([^"]*)"/.exec(text)?.[1] ?? '';
  const command = 'node bin/start.mjs --run vitest run --project modelbased -t random';
  const variables = `PERDURA_TEST_SEED=${seed} PERDURA_TEST_PATH=${outcome.counterexamplePath ?? ''}`;
  report(`all of it again: PERDURA_TEST_SEED=${seed} ${command}`);
  report(`its shortest form: ${variables} PERDURA_TEST_REPLAY_PATH='${shortest}' ${command}`);
  throw new Error(text, { cause: outcome.errorInstance });
}

test(
  'random commands do to the server what they do to an oracle in memory',
  { timeout: FOR_MS + SHRINKING_MS + 60_000 },
  async () => {
    const tookMs: number[] = [];
    const untilMs = performance.now() + FOR_MS;
    let seed = firstSeed;
    do await tryRandomCommands(seed++, tookMs);
    while (performance.now() < untilMs && path === undefined);
    const slow = tookMs.filter((ms) => ms > SLOW_MS).length;
    report(
      `PERDURA_TEST_SEED=${firstSeed} and the ${seed - 1 - firstSeed} after it; ${tookMs.length} steps, ${slow} of them slow; the slowest took ${Math.round(Math.max(...tookMs))} ms`,
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
