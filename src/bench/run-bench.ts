import { timeCommits } from '../postgres/bench-commits.ts';
import { measureFanOut } from './fan-out.ts';
import { measureLoads } from './measure-loads.ts';
import { measureTimers } from './measure-timers.ts';
import { type Part } from './parts.ts';
import { type Plan } from './plan.ts';
import { type Processes } from './processes.ts';
import { type BenchResult, type LatencyResult, thisMachine } from './result.ts';
import { type Rig, startCeilingRig, startRig } from './rig.ts';
import { CHAIN_COMMITS } from './script.ts';
import { percentile } from './statistics.ts';
import { measureThroughput } from './throughput.ts';

/** Measures what was planned. */
export async function runBench(plan: Plan, processes: Processes): Promise<BenchResult> {
  const { progress, concurrency, windows, windowSeconds, streams, serverProcesses } = plan;
  progress('starting PostgreSQL, the server and the load worker');
  const rig = await startRig(processes, plan);
  const measured = await measureParts(plan, rig, processes);
  const layout = { streams, serverProcesses, concurrency, windows, windowSeconds };
  return { ...thisMachine(), ...layout, ...measured };
}

type Measured = Pick<BenchResult, 'ceiling' | 'chain' | 'full' | 'latency' | 'fanOut' | 'timers' | 'loads'>;

async function measureParts(plan: Plan, rig: Rig, processes: Processes): Promise<Measured> {
  const isPlanned = (part: Part): boolean => plan.parts.includes(part);
  const loop = await startCeilingRig(processes, plan, rig);
  const measured: { -readonly [Name in keyof Measured]: Measured[Name] } = {};
  if (isPlanned('ceiling')) Object.assign(measured, await measureThroughput(plan, rig, loop, processes));
  if (isPlanned('latency')) measured.latency = await measureLatency(plan, rig);
  if (isPlanned('fan-out')) {
    measured.fanOut = await measureFanOut(plan, { rig, loop }, measured.chain?.itemsPerSecond);
  }
  if (isPlanned('timers')) measured.timers = await measureTimers(plan, rig, loop);
  const loads = await measureLoads(plan, rig, loop);
  return { ...measured, ...(loads && { loads }) };
}

async function measureLatency(
  { latencySeconds, progress }: Plan,
  { worker, databaseUrl }: Rig,
): Promise<LatencyResult> {
  const measured = async (seconds: number): Promise<number[]> =>
    worker.ask('measureLatency', { seconds }, seconds * 1000 + 90_000);
  progress('latency: one orchestration at a time');
  await measured(latencySeconds / 5);
  const samples = await measured(latencySeconds);
  const commitsP50Ms = percentile(await timeCommits(databaseUrl, CHAIN_COMMITS, latencySeconds / 5), 0.5);
  const p50Ms = percentile(samples, 0.5);
  return {
    ...{ p50Ms, commitsP50Ms, ratioToCommits: p50Ms / commitsP50Ms },
    p99Ms: percentile(samples, 0.99),
    orchestrations: samples.length,
  };
}
