import { setTimeout as pause } from 'node:timers/promises';
import { type Plan } from './plan.ts';
import {
  type EntitiesResult,
  type EntityLoad,
  entityLoadNames,
  entityLoads,
  type EntityRate,
  type EntityWindow,
} from './result.ts';
import { type CeilingRig, type Loaded, momentOf, type Rig, stopLoad } from './rig.ts';
import { median } from './statistics.ts';
import { busy, perSecond, RAMP_MS } from './windows.ts';

/** Of the first round, which isn't counted. */
const WARM_UP_SECONDS = 1;

type Windows = Readonly<Record<EntityLoad, readonly EntityWindow[]>>;

/** Measures the loads of entities, and the ceiling's unary calls, in windows that take turns. */
export async function measureEntities(plan: Plan, rig: Rig, loop: CeilingRig): Promise<EntitiesResult> {
  const { progress, concurrency, entityWindows, entityWindowSeconds: windowSeconds } = plan;
  const windows: Record<EntityLoad, EntityWindow[]> = {
    ...{ unary: [], signalsToOne: [], signalsToMany: [], entityCalls: [], criticalSections: [], starts: [] },
  };
  for (let number = 0; number <= entityWindows; number++) {
    for (const load of entityLoadNames) {
      const seconds = number === 0 ? WARM_UP_SECONDS : windowSeconds;
      const window = await loadWindow(load === 'unary' ? loop : rig, { load, concurrency, seconds });
      if (number === 0) continue;
      progress(`entities ${number} of ${entityWindows}: ${load} ${Math.round(window.perSecond)}/s`);
      windows[load].push(window);
    }
  }
  return { windows: entityWindows, windowSeconds, rates: ratesOf(windows) };
}

async function loadWindow(
  rig: Loaded & Partial<Pick<Rig, 'postgresCpuMs'>>,
  { load, concurrency, seconds }: { load: EntityLoad; concurrency: number; seconds: number },
): Promise<EntityWindow> {
  const postgresCpuMs = (): number => rig.postgresCpuMs?.() ?? 0;
  await rig.worker.ask('startLoad', { kind: load, concurrency });
  await pause(RAMP_MS);
  const before = { ...(await momentOf(rig)), postgresCpuMs: postgresCpuMs() };
  await pause(seconds * 1000);
  const after = { ...(await momentOf(rig)), postgresCpuMs: postgresCpuMs() };
  await stopLoad(rig);
  const { counted } = entityLoads[load];
  const ofPostgresMs = after.postgresCpuMs - before.postgresCpuMs;
  const count = after[counted] - before[counted];
  return {
    perSecond: perSecond(count, before, after),
    serverCpuMicrosEach: ((after.serverCpuMs - before.serverCpuMs) * 1000) / count,
    operationsPerSecond: perSecond(after.operations - before.operations, before, after),
    ...busy(before, after, ofPostgresMs),
    postgresCpuPercent: (ofPostgresMs * 100) / (after.atMs - before.atMs),
  };
}

/** Medians, and each rate by that of the ceiling's calls. */
export function ratesOf(windows: Windows): EntitiesResult['rates'] {
  const unary = median(windows.unary.map(({ perSecond: rate }) => rate));
  const rateOf = (load: EntityLoad): EntityRate => {
    const of = (key: keyof EntityWindow): number => median(windows[load].map((window) => window[key]));
    return {
      perSecond: of('perSecond'),
      ratioToUnary: of('perSecond') / unary,
      operationsPerSecond: of('operationsPerSecond'),
      serverCpuMicrosEach: of('serverCpuMicrosEach'),
      serverCpuPercent: of('serverCpuPercent'),
      postgresCpuPercent: of('postgresCpuPercent'),
      workerCpuPercent: of('workerCpuPercent'),
      othersCpuPercent: of('othersCpuPercent'),
      windows: windows[load],
    };
  };
  return {
    unary: rateOf('unary'),
    signalsToOne: rateOf('signalsToOne'),
    signalsToMany: rateOf('signalsToMany'),
    entityCalls: rateOf('entityCalls'),
    criticalSections: rateOf('criticalSections'),
    starts: rateOf('starts'),
  };
}
