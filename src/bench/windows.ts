// The ceiling and the chain, in databases of both kinds, in windows that take turns: what else the machine does meets both alike.

import { setTimeout as pause } from 'node:timers/promises';
import { must } from '../lib/assert.ts';
import { type CostMoment, costMomentOf, costsOf } from './costs.ts';
import { type Plan } from './plan.ts';
import { readMetric } from './prometheus.ts';
import { type Busy, type CeilingResult, type ChainResult } from './result.ts';
import { type CeilingRig, type Moment, momentOf, type Rig, stopLoad } from './rig.ts';
import { CHAIN_ITEMS } from './script.ts';
import { median } from './statistics.ts';

/** Of a window, before measuring begins. */
export const RAMP_MS = 2_000;
/** A chain is steady when as many orchestrations have ended as run at once; after so long it is measured anyway. */
const LONGEST_RAMP_MS = 10_000;
const LOOK_MS = 100;

/** One window of LOOP. */
export async function ceilingWindow(
  rig: CeilingRig,
  { concurrency }: Pick<Plan, 'concurrency'>,
  seconds: number,
): Promise<CeilingResult> {
  await rig.loop.ask('start', { concurrency });
  await pause(RAMP_MS);
  const before = await momentOf(rig);
  await pause(seconds * 1000);
  const after = await momentOf(rig);
  await rig.loop.ask('stop', undefined);
  const items = after.items - before.items;
  return {
    itemsPerSecond: perSecond(items, before, after),
    serverCpuMicrosPerItem: ((after.serverCpuMs - before.serverCpuMs) * 1000) / items,
    ...busy(before, after, 0),
  };
}

/** One window of orchestrations with sequential activities. */
export async function chainWindow(
  rig: Rig,
  { concurrency }: Pick<Plan, 'concurrency'>,
  seconds: number,
): Promise<ChainResult> {
  const idle = await momentOf(rig);
  await rig.worker.ask('startLoad', { kind: 'chain', concurrency });
  await untilSteady(rig, idle.orchestrations + concurrency);
  const before = await chainMoment(rig);
  await pause(seconds * 1000);
  const after = await chainMoment(rig);
  const times = await stopLoad(rig);
  const items = after.items - before.items;
  // Orchestrations move in waves and end in bunches; what each costs is told more exactly by its work items.
  const orchestrations = items / CHAIN_ITEMS;
  const postgresCpuMs = after.postgresCpuMs - before.postgresCpuMs;
  const costs = costsOf(before, after, orchestrations);
  const resent = (after.historyBytesResent - before.historyBytesResent) / orchestrations;
  return {
    orchestrationsPerSecond: perSecond(after.orchestrations - before.orchestrations, before, after),
    itemsPerSecond: perSecond(items, before, after),
    serverCpuMsPerOrchestration: costs.serverCpuMicrosEach / 1000,
    postgresCpuMsPerOrchestration: costs.postgresCpuMicrosEach / 1000,
    writesPerOrchestration: costs.commitsEach,
    walBytesPerOrchestration: costs.walBytesEach,
    ...must(times.orchestrations, 'how long orchestrations took'),
    historyBytesResentPerOrchestration: Number.isNaN(resent) ? null : resent,
    ...busy(before, after, postgresCpuMs),
    postgresCpuPercent: percent(postgresCpuMs, before, after),
  };
}

async function untilSteady(rig: Rig, orchestrations: number): Promise<void> {
  await pause(RAMP_MS);
  for (let waitedMs = RAMP_MS; waitedMs < LONGEST_RAMP_MS; waitedMs += LOOK_MS) {
    if ((await momentOf(rig)).orchestrations >= orchestrations) return;
    await pause(LOOK_MS);
  }
}

interface ChainMoment extends CostMoment {
  /** NaN when it isn't counted. */
  readonly historyBytesResent: number;
}

async function chainMoment(rig: Rig): Promise<ChainMoment> {
  const historyBytesResent = readMetric(await rig.metrics(), 'perdura_history_resent_bytes_total') ?? NaN;
  return { ...(await costMomentOf(rig)), historyBytesResent };
}

export function busy(before: Moment, after: Moment, postgresCpuMs: number): Busy {
  const serverMs = after.serverCpuMs - before.serverCpuMs;
  const workerMs = after.workerCpuMs - before.workerCpuMs;
  const othersMs = after.machineCpuMs - before.machineCpuMs - serverMs - workerMs - postgresCpuMs;
  return {
    serverCpuPercent: percent(serverMs, before, after),
    workerCpuPercent: percent(workerMs, before, after),
    othersCpuPercent: percent(Math.max(0, othersMs), before, after),
  };
}

export function perSecond(count: number, before: Moment, after: Moment): number {
  return (count * 1000) / (after.atMs - before.atMs);
}

function percent(ms: number, before: Moment, after: Moment): number {
  return (ms * 100) / (after.atMs - before.atMs);
}

/** The median of each figure. */
export function medianCeiling(windows: readonly CeilingResult[]): CeilingResult {
  const of = (key: keyof CeilingResult): number => median(windows.map((window) => window[key]));
  return {
    itemsPerSecond: of('itemsPerSecond'),
    serverCpuMicrosPerItem: of('serverCpuMicrosPerItem'),
    serverCpuPercent: of('serverCpuPercent'),
    workerCpuPercent: of('workerCpuPercent'),
    othersCpuPercent: of('othersCpuPercent'),
  };
}

/** The median of each figure. */
export function medianChain(windows: readonly ChainResult[]): ChainResult {
  const of = (key: keyof ChainResult): number => median(windows.map((window) => window[key] ?? NaN));
  const resent = of('historyBytesResentPerOrchestration');
  return {
    orchestrationsPerSecond: of('orchestrationsPerSecond'),
    itemsPerSecond: of('itemsPerSecond'),
    serverCpuMsPerOrchestration: of('serverCpuMsPerOrchestration'),
    postgresCpuMsPerOrchestration: of('postgresCpuMsPerOrchestration'),
    writesPerOrchestration: of('writesPerOrchestration'),
    walBytesPerOrchestration: of('walBytesPerOrchestration'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    historyBytesResentPerOrchestration: Number.isNaN(resent) ? null : resent,
    serverCpuPercent: of('serverCpuPercent'),
    workerCpuPercent: of('workerCpuPercent'),
    postgresCpuPercent: of('postgresCpuPercent'),
    othersCpuPercent: of('othersCpuPercent'),
  };
}
