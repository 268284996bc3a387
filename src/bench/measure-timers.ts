import { setTimeout as pause } from 'node:timers/promises';
import { costMomentOf, costsOf } from './costs.ts';
import { END_SECONDS, type Plan } from './plan.ts';
import { type TimersResult, type TimersRun } from './result.ts';
import { type CeilingRig, type Rig } from './rig.ts';
import { ceilingWindow, perSecond } from './windows.ts';

/** Of timers that are due one after the other. */
const SPREAD_PER_SECOND = 500;
/** So long after the beginning of setting them the first one is due. */
const SPREAD_ALLOWED_MS = 5_000;
/** Timers are set, and fire, at least so fast. */
const SLOWEST_PER_SECOND = 300;
/** Going by the timers before it, setting the burst takes no longer; it has fewer timers if need be. */
const LONGEST_SETTING_MS = 60_000;
/** The burst is due so much later than setting it takes. */
const RESERVE = 1.5;
const RESERVE_MS = 1_000;
const REPLY_MS = 30_000;

/** Measures how fast timers fire that are due at once, and how late those that are due one after the other. */
export async function measureTimers(plan: Plan, rig: Rig, loop: CeilingRig): Promise<TimersResult> {
  const { burstTimers, spreadTimers, progress, concurrency } = plan;
  const spreadMs = (spreadTimers / SPREAD_PER_SECOND) * 1000;
  progress(`timers: ${spreadTimers}, one after the other`);
  const spread = await fireTimers(rig, {
    ...{ concurrency, count: spreadTimers, allowedMs: SPREAD_ALLOWED_MS, spreadMs },
  });
  const ceiling = await ceilingWindow(loop, plan, plan.loadWindowSeconds);
  const settingMsEach = spread.settingMs / spreadTimers;
  const count = Math.min(burstTimers, Math.floor(LONGEST_SETTING_MS / settingMsEach));
  progress(`timers: ${count} at once`);
  const allowedMs = RESERVE_MS + settingMsEach * RESERVE * count;
  const burst = await fireTimers(rig, { concurrency, count, allowedMs, spreadMs: 0 });
  return {
    spread: spread.run,
    burst: { ...burst.run, ratioToCeiling: burst.run.perSecond / ceiling.itemsPerSecond },
  };
}

interface TimersOptions {
  readonly count: number;
  readonly concurrency: number;
  readonly allowedMs: number;
  readonly spreadMs: number;
}

async function fireTimers(
  rig: Rig,
  options: TimersOptions,
): Promise<{ readonly settingMs: number; readonly run: TimersRun }> {
  const { count: timers, allowedMs } = options;
  const seconds = END_SECONDS + timers / SLOWEST_PER_SECOND;
  const timeoutMs = seconds * 1000 + REPLY_MS;
  const settingMs = await rig.worker.ask('setTimers', { ...options, seconds }, timeoutMs);
  await pause(Math.max(0, allowedMs - settingMs));
  const before = await costMomentOf(rig);
  const lateness = await rig.worker.ask('untilFired', { seconds }, timeoutMs);
  const after = await costMomentOf(rig);
  const fired = after.orchestrations - before.orchestrations;
  const run = { timers, perSecond: perSecond(fired, before, after), ...lateness };
  return { settingMs, run: { ...run, ...costsOf(before, after, fired) } };
}
