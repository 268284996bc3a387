import { setTimeout as pause } from 'node:timers/promises';
import { keepSnapshot } from '../postgres/bench-client.ts';
import { measureDatabase } from '../postgres/bench-counters.ts';
import { fillDatabase, type Filling } from '../postgres/bench-rows.ts';
import { type GrowthPlan, type Level, levels } from './growth-plan.ts';
import { Processes } from './processes.ts';
import { type ChainResult, type GrowthResult, type LevelResult, thisMachine } from './result.ts';
import { type Rig, startRig, stopLoad } from './rig.ts';
import { chainWindow, medianChain } from './windows.ts';

/** The chain under one thing that grows at a time, each beside a server with a fresh database, in windows that take turns. */
export async function runGrowth(plan: GrowthPlan, processes: Processes): Promise<GrowthResult> {
  const { concurrency, windows, windowSeconds, progress } = plan;
  progress('starting PostgreSQL, the server and the load worker');
  const fresh = await startRig(processes, plan);
  await chainWindow(fresh, plan, plan.warmUpSeconds);
  const measured: LevelResult[] = [];
  for (const name of plan.levels) {
    // Gone before the next one comes: it takes memory and space.
    await using own = new Processes();
    measured.push(await Promise.race([measureLevel({ plan, fresh, own }, levels[name]), own.failure]));
  }
  return { ...thisMachine(), ...{ concurrency, windows, windowSeconds, levels: measured } };
}

interface Run {
  readonly plan: GrowthPlan;
  readonly fresh: Rig;
  readonly own: Processes;
}

async function measureLevel({ plan, fresh, own }: Run, level: Level): Promise<LevelResult> {
  const title = level.title(plan.amounts);
  plan.progress(title);
  const rig = await startRig(own, { ...plan, ...level.rig });
  await chainWindow(rig, plan, plan.warmUpSeconds);
  const storedBytesEach = await prepare(plan, rig, level);
  const windows = await measureInTurns(plan, title, { there: rig, fresh });
  const [there, beside] = [medianChain(windows.there), medianChain(windows.fresh)];
  const ratio = there.itemsPerSecond / beside.itemsPerSecond;
  return { title, there, fresh: beside, ratio, storedBytesEach };
}

type Both<T> = Readonly<Record<'there' | 'fresh', T>>;

async function measureInTurns(
  plan: GrowthPlan,
  title: string,
  rigs: Both<Rig>,
): Promise<Both<ChainResult[]>> {
  const { progress, windows, windowSeconds } = plan;
  const found: Both<ChainResult[]> = { there: [], fresh: [] };
  for (let number = 1; number <= windows; number++) {
    // They go first in turn: what makes the machine slower or faster as time goes by favours neither.
    for (const who of number % 2 === 1 ? (['fresh', 'there'] as const) : (['there', 'fresh'] as const)) {
      const window = await chainWindow(rigs[who], plan, windowSeconds);
      progress(
        `${title}: ${number} of ${windows}, ${who}: ${Math.round(window.itemsPerSecond)} work items/s`,
      );
      found[who].push(window);
    }
  }
  return found;
}

/** Brings the level about. Gives the bytes of each instance that was added. */
async function prepare(
  { amounts, concurrency }: GrowthPlan,
  rig: Rig,
  level: Level,
): Promise<number | undefined> {
  const storedBytesEach = level.filling && (await fill(rig, level.filling(amounts)));
  if (level.keepsSnapshot) await keepSnapshot(rig.databaseUrl);
  if (level.loadMinutes) {
    await rig.worker.ask('startLoad', { kind: 'chain', concurrency });
    await pause(level.loadMinutes(amounts) * 60_000);
    await stopLoad(rig);
  }
  return storedBytesEach;
}

async function fill({ worker, databaseUrl }: Rig, filling: Filling): Promise<number> {
  await worker.ask('startWaiting', { count: 1 });
  const before = await measureDatabase(databaseUrl);
  await fillDatabase(databaseUrl, filling);
  return ((await measureDatabase(databaseUrl)) - before) / (filling.finished + filling.waiting);
}
