import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { fuzzSeed } from '../helpers/fuzz.ts';
import { launch, launcher, perdura, type Run } from '../helpers/program.ts';
import { faultsOf } from './check.ts';
import { draw } from './drawn.ts';
import { randomFrom } from './entity-worker.ts';
import { faultsIn } from './launched.ts';
import { kinds, Load, plan, type Planned } from './load.ts';
import { count, until } from './replicas.ts';
import { type RoundRobin } from './round-robin.ts';
import { HUB, type Stores, test, type TestStore } from './two-stores.ts';

// Task hubs that move between stores while two servers, workers and clients go on.

const random = randomFrom(fuzzSeed);

/** Every kind of orchestration that a load has, and programs drawn with sections, timers and children. */
function wave(number: number): Planned[] {
  const known = kinds.map((kind, i) => plan(number * 100 + i, kind));
  return [...known, ...Array.from({ length: 4 }, (_, i) => draw(`drawn-${number}-${i}`, random))];
}

/** Loads one after the other, each as soon as the one before is acknowledged, until it is told to end. */
class Waves {
  readonly loads: Load[] = [];
  readonly ended: Promise<void>;
  readonly #client: RoundRobin;
  #isOver = false;

  constructor(client: RoundRobin) {
    this.#client = client;
    this.ended = this.#put();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.ended;
  }

  /** All that was acknowledged. */
  get all(): Pick<Load, 'planned' | 'sent'> {
    return {
      planned: this.loads.flatMap(({ planned }) => planned),
      sent: new Map(this.loads.flatMap(({ sent }) => [...sent])),
    };
  }

  async #put(): Promise<void> {
    while (!this.#isOver) {
      const load = new Load(this.#client, wave(this.loads.length));
      await load.put();
      this.loads.push(load);
      await pause(50);
    }
  }
}

function environmentOf({ main, environment }: Stores): Readonly<Record<string, string>> {
  return { ...environment, PERDURA_DATABASE_URL: main.proxy.url };
}

function launchMove(stores: Stores, to: string): Run {
  return launch(process.execPath, [launcher, 'hub', 'move', HUB, '--to', to], { env: environmentOf(stores) });
}

/** kill -9 as soon as it has said that; also when it is over by then. */
async function killAt({ child, errors, ended }: Run, words: string): Promise<void> {
  await until(() => errors().includes(words) || child.exitCode !== null, words, 30_000);
  child.kill('SIGKILL');
  await ended;
}

async function hasRun({ db }: TestStore, least: number): Promise<void> {
  const pool = db();
  await until(
    async () => (await count(pool, 'instances where completed_at is not null')) >= least,
    'some ends',
    30_000,
  );
}

const steps = ['paused', 'copied', 'new store'] as const;

test(
  'whatever was acknowledged is there in the end, although the hub moves there and back and whoever moves it is killed on the way',
  { timeout: 180_000 },
  async ({ stores }) => {
    const { main, archive, serve, worker, roundRobin } = stores;
    const servers = [await serve(), await serve()];
    const workers = servers.map((server) => worker(server, HUB));
    await Promise.all(workers.map(({ greeted }) => greeted));
    const waves = new Waves(roundRobin(HUB, ...servers));
    await hasRun(main, 10);
    let [from, to] = ['default', 'archive'] as [string, string];
    for (const words of steps) {
      await killAt(launchMove(stores, to), words);
      const again = launchMove(stores, to);
      expect(await again.ended, again.errors()).toBe(0);
      expect(again.output()).toContain(to);
      [from, to] = [to, from];
    }
    await waves.stop();
    const [here, there] = from === 'archive' ? [archive, main] : [main, archive];
    const db = here.db();
    const running = 'instances where kind = 0 and completed_at is null';
    await until(async () => (await count(db, running)) === 0, 'the end of all', 60_000);
    expect(await faultsOf(db, waves.all)).toEqual([]);
    expect(waves.loads.length).toBeGreaterThan(steps.length);
    const left = there.db();
    await until(
      async () => (await count(left, 'instances')) === 0,
      'the sweep of what was left behind',
      30_000,
    );
    for (const table of ['history', 'inbox', 'activities', 'timers', 'completions']) {
      expect([table, await count(left, table)]).toEqual([table, 0]);
    }
    expect(servers.flatMap(faultsIn).filter(({ msg }) => !msg.includes('starting over'))).toEqual([]);
  },
);

test('a move is told with its stores, and says what it did as text or JSON', async ({ stores }) => {
  const { serve, client } = stores;
  const server = await serve();
  const env = environmentOf(stores);
  const move = (...args: string[]) => perdura(['hub', 'move', ...args], { env });
  const moved = await move(HUB, '--to', 'archive');
  expect(moved.code).toBe(0);
  expect(moved.output).toMatch(
    /^moved task hub orders from the store default to archive: 0 instances, 0\.0 MB, paused for \d+\.\d s\n$/,
  );
  expect(moved.errors.split('\n').slice(0, 2)).toEqual([
    'pausing: every server of its store starts over',
    'paused; copying',
  ]);
  expect(await move(HUB, '--to', 'archive')).toMatchObject({
    code: 0,
    output: `task hub ${HUB} is in the store archive already\n`,
  });
  const back = await move(HUB, '--to', 'default', '--json');
  expect(JSON.parse(back.output)).toMatchObject({
    name: HUB,
    store: 'default',
    isMoved: true,
    rows: { instances: 0 },
  });
  await client(server, HUB).call('Hello', {});
  expect((await move(HUB, '--to', 'moon')).errors).toContain("there is no store 'moon'");
  expect(await move(HUB)).toMatchObject({ code: 2 });
  expect(await move(HUB, '--to', 'archive', '--abort')).toMatchObject({ code: 2 });
  expect(await move(HUB, '--abort')).toMatchObject({ code: 1 });
  const without = await perdura(['hub', 'move', HUB, '--to', 'archive']);
  expect(without).toMatchObject({ code: 1 });
  expect(without.errors).toContain('set PERDURA_DATABASE_URL');
});
