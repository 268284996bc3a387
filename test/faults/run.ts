import { setTimeout as pause } from 'node:timers/promises';
import { type Pool } from 'pg';
import { percentile } from '../../src/bench/statistics.ts';
import { createPool } from '../../src/postgres/pool.ts';
import { leftoversIn } from '../helpers/leftovers.ts';
import { schema } from '../helpers/schema.ts';
import { leftovers, readAll } from '../replicas/check.ts';
import { type EntityState } from '../replicas/entity-worker.ts';
import { type RoundRobin } from '../replicas/round-robin.ts';
import { type Evidence, violationsOf } from './check.ts';
import { type Fault, type Harm } from './fault.ts';
import { insist } from './insist.ts';
import { CALM_MS, type Fired, firedIn, firedInCalm, type Stretch } from './lateness.ts';
import { Ledger } from './ledger.ts';
import { Load } from './load.ts';
import { planFaults, type Step } from './plan.ts';
import { Random } from './random.ts';
import { Rig } from './rig.ts';
import { idleCallsPerSecond, MemorySamples } from './vitals.ts';

export interface RunOptions {
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly servers: number;
  /** How many faults may last at the same time. */
  readonly atOnce: number;
  /** How long faults are injected. */
  readonly forMs: number;
  readonly signal: AbortSignal;
  /** Told line by line what happens. */
  readonly say: (line: string) => void;
}

/** What kills its workers is given up after a minute and a half, a dead replica buried after some twenty seconds. */
const END_MS = 120_000;
const QUIET_MS = 45_000;
/** Before the first fault, so that there is something to break. */
const WARM_UP_MS = 1_000;
/** The same where there is one server: so that there are timers that nothing can have kept from firing. */
const CALM_WARM_UP_MS = 4_000;
/** Until every server knows of the others, a timer of one may wait for the look that another takes every two seconds. */
const JOINED_MS = 6_000;
/** After the last fault of a run of minutes the load goes on for so long, to see that all is as if nothing had been. */
const AFTERWARDS_MS = CALM_MS + 20_000;
const LONG_MS = 120_000;
/** From the seed of one series to that of the next. */
const SERIES = 1_000_003;

/** One run, from nothing to the violations that were found. */
export async function run(options: RunOptions): Promise<string[]> {
  const { seed, servers, say, signal } = options;
  const begin = performance.now();
  const tell = (text: string): void => {
    say(`${((performance.now() - begin) / 1000).toFixed(2).padStart(7)} s  ${text}`);
  };
  const needs = new Set(options.faults.flatMap((fault) => fault.needs ?? []));
  await using rig = await Rig.start(servers, needs);
  const ledger = new Ledger();
  const client = rig.client();
  const load = new Load(client, ledger, new Random(seed));
  tell(`${servers} servers answer`);
  using memory = new MemorySamples(rig.places);
  load.start();
  const isAlone = servers === 1;
  const broken: Stretch[] = isAlone ? [] : [{ fromMs: 0, toMs: Date.now() + JOINED_MS - CALM_MS }];
  await pause(isAlone ? CALM_WARM_UP_MS : WARM_UP_MS, undefined, { signal });
  await takeAll(options, { rig, load, tell, signal, broken, underWay: 0 });
  if (options.forMs >= LONG_MS) {
    tell('no more faults, the load goes on');
    await pause(AFTERWARDS_MS, undefined, { signal });
  }
  tell('nothing new begins');
  await load.stop(END_MS);
  tell(`${ledger.endings.size} of ${ledger.accepted.size} orchestrations have ended`);
  const evidence = await gather(rig, { ledger, client, memory, broken });
  for (const line of summary(evidence, ledger)) say(line);
  return violationsOf(evidence);
}

interface Taking {
  readonly rig: Rig;
  readonly load: Load;
  readonly tell: (text: string) => void;
  readonly signal: AbortSignal;
  /** When something was broken. */
  readonly broken: Stretch[];
  /** How many faults last or begin. */
  underWay: number;
}

/** Each of those that last at the same time is one of a series of its own. */
async function takeAll({ seed, atOnce, faults, forMs }: RunOptions, taking: Taking): Promise<void> {
  const plans = Array.from({ length: atOnce }, (_, i) => planFaults(seed + i * SERIES, faults, forMs));
  await Promise.all(
    plans.map(async (steps) => {
      for (const step of steps) await take(step, taking);
    }),
  );
}

async function take({ fault, restMs, lastsMs, seed }: Step, taking: Taking): Promise<void> {
  const { tell, signal } = taking;
  await pause(restMs, undefined, { signal });
  taking.underWay++;
  const fromMs = Date.now();
  try {
    const harm = await inject(fault, taking, new Random(seed));
    if (typeof harm === 'string') {
      tell(`${fault.name}: not now, ${harm}`);
      return;
    }
    tell(`${fault.name}: ${harm.what}, for ${lastsMs} ms`);
    await pause(lastsMs, undefined, { signal });
    const said = await harm.heal();
    if (typeof said === 'string') tell(`${fault.name}: ${said}`);
    else if (lastsMs > 0) tell(`${fault.name}: over`);
  } finally {
    taking.underWay--;
    taking.broken.push({ fromMs, toMs: Date.now() + (fault.lingersMs ?? 0) });
  }
}

/** What was done; or what was in its way when another fault is under way: that may have taken PostgreSQL, or a connection. */
async function inject(fault: Fault, taking: Taking, random: Random): Promise<Harm | string> {
  const { rig, load } = taking;
  try {
    return await fault.inject(rig, random, load);
  } catch (error) {
    if (taking.underWay > 1 || !rig.postgres.isRunning) return String(error);
    throw error;
  }
}

interface Known extends Pick<Evidence, 'broken'> {
  readonly ledger: Ledger;
  readonly client: RoundRobin;
  readonly memory: MemorySamples;
}

async function gather(rig: Rig, { ledger, client, memory, broken }: Known): Promise<Evidence> {
  const pool = createPool({ url: rig.postgres.url, schema, size: 2, onIdleError: () => undefined });
  try {
    const look = async (): Promise<string[]> => [
      ...(await leftovers(pool)),
      ...(await leftoversIn(rig.postgres.url)),
      ...(await held()),
    ];
    const held = async (): Promise<string[]> => {
      const { rows } = await pool.query<{ instance_id: string }>(
        `select instance_id from instances where held_by is not null or sections <> '[]'`,
      );
      return rows.map(({ instance_id: id }) => `${id} is locked or waits for locks`);
    };
    let left = await look();
    for (const deadline = performance.now() + QUIET_MS; left.length > 0 && performance.now() < deadline;) {
      left = await look();
    }
    const workerStatuses = new Map(rig.everyWorker.flatMap(({ words }) => [...words]));
    const servers = rig.places.flatMap(({ lives }) =>
      lives.map((server) => ({ ...server, residentBytes: memory.of(server) })),
    );
    const idleCalls = await idleCallsPerSecond(rig.postgres.url);
    const entities = await insist(() => statesOf(client));
    const recorded = await readAll(pool);
    const unpurged = await purgeAll(client, pool);
    const perServer = idleCalls / rig.places.length;
    return {
      ledger,
      broken,
      recorded,
      entities,
      left,
      unpurged,
      servers,
      workerStatuses,
      idleCallsPerSecond: perServer,
    };
  } finally {
    await pool.end();
  }
}

/** Purges every orchestration. Returns what is still there of them. */
async function purgeAll(client: RoundRobin, pool: Pool): Promise<string[]> {
  await insist(async () => {
    const purged = await client.call('PurgeInstances', { purgeInstanceFilter: {}, recursive: true });
    if (purged.isComplete?.value !== true) throw new Error('there is more to purge');
  });
  const { rows } = await pool.query<{ id: string; what: string }>(
    `select instance_id as id, 'its row' as what from instances where kind = 0
      union all select 'instance ' || instance_key, 'history' from history`,
  );
  return rows.map(({ id, what }) => `${id} was purged and ${what} is there`);
}

/** As clients see them. */
async function statesOf(client: RoundRobin): Promise<Map<string, EntityState>> {
  const { entities } = await client.call('QueryEntities', { query: { includeState: true } });
  return new Map(
    entities.map(({ instanceId, serializedState }) => [
      instanceId,
      JSON.parse(serializedState?.value ?? '{}') as EntityState,
    ]),
  );
}

function summary(
  { servers, idleCallsPerSecond: calls, recorded, broken }: Evidence,
  { accepted, events, signals, statuses }: Ledger,
): string[] {
  const most = (of: 'residentBytes' | 'liveBytes'): number =>
    Math.ceil(Math.max(0, ...servers.flatMap((server) => server[of])) / 1e6);
  const sum = [...signals.values()].reduce((total, { acknowledged }) => total + acknowledged, 0);
  const names = [...statuses].toSorted().map(([name, times]) => `${name} ${times}`);
  return [
    `${accepted.size} orchestrations, ${events.size} events and ${sum} signals were acknowledged`,
    `timers: ${latenessOf(firedIn(recorded))}; in calm: ${latenessOf(firedInCalm(firedIn(recorded), broken))}`,
    `calls: ${names.join(', ')}`,
    `no server had more than ${most('residentBytes')} MB resident, ${most('liveBytes')} of them alive; idle, each sends ${calls.toFixed(1)} statements a second`,
  ];
}

function latenessOf(fired: readonly Fired[]): string {
  if (fired.length === 0) return 'none';
  const late = fired.map(({ lateMs }) => lateMs);
  const [half, most, all] = [0.5, 0.99, 1].map((part) => percentile(late, part).toFixed(0));
  return `${late.length}, half of them within ${half} ms, 99 % within ${most} ms, all within ${all} ms`;
}
