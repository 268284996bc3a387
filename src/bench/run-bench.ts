import { cpus } from 'node:os';
import { version } from '../version.ts';
import { type Plan, STREAMS } from './plan.ts';
import { Processes } from './processes.ts';
import {
  type BenchResult,
  type CeilingResult,
  type ChainResult,
  type FanOutResult,
  type LatencyResult,
} from './result.ts';
import { type Rig, startCeilingRig, startRig } from './rig.ts';
import { median, percentile } from './statistics.ts';
import { ceilingWindow, chainWindow, medianCeiling, medianChain } from './windows.ts';

/** Runs what was planned. Leaves no process behind, also when `interrupted` rejects. */
export async function runBench(plan: Plan, interrupted: Promise<never>): Promise<BenchResult> {
  await using processes = new Processes();
  return await Promise.race([measure(plan, processes), processes.failure, interrupted]);
}

async function measure(plan: Plan, processes: Processes): Promise<BenchResult> {
  const { parts, progress, concurrency, windows, windowSeconds } = plan;
  progress('starting PostgreSQL, the server and the load worker');
  const rig = await startRig(processes, plan);
  const throughput = parts.includes('ceiling') ? await measureThroughput(plan, rig, processes) : {};
  const latency = parts.includes('latency') ? await measureLatency(plan, rig) : undefined;
  const fanOut = parts.includes('fan-out')
    ? await measureFanOut(plan, rig, throughput.chain?.itemsPerSecond)
    : undefined;
  progress('stopping');
  return {
    ...{ version, node: process.versions.node, streams: STREAMS, concurrency, windows, windowSeconds },
    processors: cpus().length,
    processorModel: cpus()[0]?.model ?? 'unknown',
    ...throughput,
    ...(latency && { latency }),
    ...(fanOut && { fanOut }),
  };
}

type Throughput = Pick<BenchResult, 'ceiling' | 'chain'>;

async function measureThroughput(plan: Plan, rig: Rig, processes: Processes): Promise<Throughput> {
  const { progress, windows, windowSeconds, warmUpSeconds, parts } = plan;
  const hasChain = parts.includes('chain');
  const loop = await startCeilingRig(processes, plan, rig);
  progress('warming up');
  await ceilingWindow(loop, plan, warmUpSeconds);
  if (hasChain) await chainWindow(rig, plan, warmUpSeconds);
  const ceilings: CeilingResult[] = [];
  const chains: ChainResult[] = [];
  for (let window = 1; window <= windows; window++) {
    const of = `window ${window} of ${windows}`;
    const ceiling = await ceilingWindow(loop, plan, windowSeconds);
    progress(`${of}: ceiling ${Math.round(ceiling.itemsPerSecond)} work items/s`);
    ceilings.push(ceiling);
    if (!hasChain) continue;
    const chain = await chainWindow(rig, plan, windowSeconds);
    progress(`${of}: chain ${Math.round(chain.itemsPerSecond)} work items/s`);
    chains.push(chain);
  }
  const ceiling = { ...medianCeiling(ceilings), windows: ceilings };
  if (!hasChain) return { ceiling };
  const chain = medianChain(chains);
  const ratioToCeiling = chain.itemsPerSecond / ceiling.itemsPerSecond;
  return { ceiling, chain: { ...chain, ratioToCeiling, windows: chains } };
}

async function measureLatency({ latencySeconds, progress }: Plan, { worker }: Rig): Promise<LatencyResult> {
  const measured = async (seconds: number): Promise<number[]> =>
    worker.ask('measureLatency', { seconds }, seconds * 1000 + 60_000);
  progress('latency: one orchestration at a time');
  await measured(latencySeconds / 5);
  const samples = await measured(latencySeconds);
  return {
    p50Ms: percentile(samples, 0.5),
    p99Ms: percentile(samples, 0.99),
    orchestrations: samples.length,
  };
}

async function measureFanOut(
  { fanOutActivities: activities, fanOutRuns, progress }: Plan,
  { worker }: Rig,
  itemsPerSecond: number | undefined,
): Promise<FanOutResult> {
  const rates: number[] = [];
  // The first one warms up.
  for (let run = 0; run <= fanOutRuns; run++) {
    const { seconds } = await worker.ask('fanOut', { activities }, 120_000);
    if (run === 0) continue;
    progress(`fan-out ${run} of ${fanOutRuns}: ${Math.round(activities / seconds)} activities/s`);
    rates.push(activities / seconds);
  }
  const activitiesPerSecond = median(rates);
  const ratioToChain = itemsPerSecond === undefined ? null : activitiesPerSecond / itemsPerSecond;
  return { activities, activitiesPerSecond, ratioToChain };
}
