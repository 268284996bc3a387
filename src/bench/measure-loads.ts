import { setTimeout as pause } from 'node:timers/promises';
import { must } from '../lib/assert.ts';
import { costMomentOf, costsOf, type MaybeStored } from './costs.ts';
import { type LoadTimes } from './load-worker.ts';
import { type Load, loadNames, type LoadRow, loads, loadsOf } from './loads.ts';
import { type Plan } from './plan.ts';
import { type LoadRate, type LoadsResult, type LoadWindow } from './result.ts';
import { type CeilingRig, type Rig, stopLoad } from './rig.ts';
import { median } from './statistics.ts';
import { busy, perSecond, RAMP_MS } from './windows.ts';

type Windows = Readonly<Partial<Record<Load, readonly LoadWindow[]>>>;

/** Measures the planned loads, and what they are judged by, in windows that take turns; undefined when none is planned. */
export async function measureLoads(
  { parts, progress, concurrency, loadWindows, loadWindowSeconds }: Plan,
  rig: Rig,
  loop: CeilingRig,
): Promise<LoadsResult | undefined> {
  const planned = loadsOf(parts);
  if (planned.length === 0) return undefined;
  const windows: Partial<Record<Load, LoadWindow[]>> = {};
  for (let number = 1; number <= loadWindows; number++) {
    for (const load of planned) {
      const options = { load, concurrency, seconds: loadWindowSeconds };
      const window = await measureWindow({ rig, loop }, options);
      progress(`loads ${number} of ${loadWindows}: ${load} ${Math.round(window.perSecond)}/s`);
      (windows[load] ??= []).push(window);
    }
  }
  return { windows: loadWindows, windowSeconds: loadWindowSeconds, rates: ratesOf(windows) };
}

interface WindowOptions {
  readonly load: Load;
  readonly concurrency: number;
  readonly seconds: number;
}

interface Running {
  readonly rig: MaybeStored;
  readonly stop: () => Promise<LoadTimes>;
}

async function measureWindow(
  rigs: { readonly rig: Rig; readonly loop: CeilingRig },
  { load, concurrency, seconds }: WindowOptions,
): Promise<LoadWindow> {
  const { rig, stop } = await begin(rigs, load, concurrency);
  await pause(RAMP_MS);
  const before = await costMomentOf(rig);
  await pause(seconds * 1000);
  const after = await costMomentOf(rig);
  const times = await stop();
  const { counted, perUnit = 1, timed, beside } = loads[load];
  const count = (after[counted] - before[counted]) / perUnit;
  const postgresCpuMs = after.postgresCpuMs - before.postgresCpuMs;
  return {
    perSecond: perSecond(count, before, after),
    ...costsOf(before, after, count),
    ...(timed && must(times[timed], `how long ${timed} took`)),
    ...(beside && {
      besidePerSecond: perSecond(after[beside.counted] - before[beside.counted], before, after),
    }),
    ...busy(before, after, postgresCpuMs),
    postgresCpuPercent: (postgresCpuMs * 100) / (after.atMs - before.atMs),
  };
}

async function begin(
  { rig, loop }: { readonly rig: Rig; readonly loop: CeilingRig },
  load: Load,
  concurrency: number,
): Promise<Running> {
  if (load === 'workItems') {
    await loop.loop.ask('start', { concurrency });
    const stop = async (): Promise<LoadTimes> => {
      await loop.loop.ask('stop', undefined);
      return {};
    };
    return { rig: loop, stop };
  }
  const isFollowed = load === 'followedSignals';
  await loop.loop.ask('followSignals', { isOn: isFollowed });
  const loaded = isFollowed || load === 'unary' ? loop : rig;
  await loaded.worker.ask('startLoad', { kind: isFollowed ? 'signalsToMany' : load, concurrency });
  return { rig: loaded, stop: () => stopLoad(loaded) };
}

/** Medians, and each rate by that of its judge. */
export function ratesOf(windows: Windows): LoadsResult['rates'] {
  const rates: Partial<Record<Load, LoadRate>> = {};
  for (const load of loadNames) {
    const measured = windows[load];
    if (!measured) continue;
    const { judge } = loads[load];
    const judgesWork = judge && workPerSecond(loads[judge], windows[judge] ?? []);
    const ratio = judgesWork === undefined ? null : workPerSecond(loads[load], measured) / judgesWork;
    rates[load] = { ...medians(measured), ratio, windows: measured };
  }
  return rates;
}

/** Of what was counted, not of units of it. */
function workPerSecond({ perUnit = 1 }: LoadRow, windows: readonly LoadWindow[]): number {
  return median(windows.map((window) => window.perSecond)) * perUnit;
}

function medians(windows: readonly LoadWindow[]): LoadWindow {
  const [first] = windows;
  const keys = Object.keys(first ?? {}) as (keyof LoadWindow)[];
  const entries = keys.map((key) => [key, median(windows.map((window) => window[key] ?? NaN))]);
  return Object.fromEntries(entries) as LoadWindow;
}
