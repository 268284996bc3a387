import { measureEntities } from './entities.ts';
import { type Plan } from './plan.ts';
import { type Processes } from './processes.ts';
import { type BenchResult, type FanOutResult, type LatencyResult, type Part, thisMachine } from './result.ts';
import { type Rig, startCeilingRig, startRig } from './rig.ts';
import { median, percentile } from './statistics.ts';
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

type Measured = Pick<BenchResult, 'ceiling' | 'chain' | 'full' | 'latency' | 'fanOut' | 'entities'>;

async function measureParts(plan: Plan, rig: Rig, processes: Processes): Promise<Measured> {
  const isPlanned = (part: Part): boolean => plan.parts.includes(part);
  const isJudged = isPlanned('ceiling') || isPlanned('entities');
  const loop = isJudged ? await startCeilingRig(processes, plan, rig) : undefined;
  const measured: { -readonly [Name in keyof Measured]: Measured[Name] } = {};
  if (loop && isPlanned('ceiling')) {
    Object.assign(measured, await measureThroughput(plan, rig, loop, processes));
  }
  if (isPlanned('latency')) measured.latency = await measureLatency(plan, rig);
  if (isPlanned('fan-out')) {
    measured.fanOut = await measureFanOut(plan, rig, measured.chain?.itemsPerSecond);
  }
  if (loop && isPlanned('entities')) measured.entities = await measureEntities(plan, rig, loop);
  return measured;
}

async function measureLatency({ latencySeconds, progress }: Plan, { worker }: Rig): Promise<LatencyResult> {
  const measured = async (seconds: number): Promise<number[]> =>
    worker.ask('measureLatency', { seconds }, seconds * 1000 + 90_000);
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
    const { seconds } = await worker.ask('fanOut', { activities });
    if (run === 0) continue;
    progress(`fan-out ${run} of ${fanOutRuns}: ${Math.round(activities / seconds)} activities/s`);
    rates.push(activities / seconds);
  }
  const activitiesPerSecond = median(rates);
  const ratioToChain = itemsPerSecond === undefined ? null : activitiesPerSecond / itemsPerSecond;
  return { activities, activitiesPerSecond, ratioToChain };
}
