import { type Plan } from './plan.ts';
import { type Processes } from './processes.ts';
import { type BenchResult, type FanOutResult, type LatencyResult, thisMachine } from './result.ts';
import { type Rig, startRig } from './rig.ts';
import { median, percentile } from './statistics.ts';
import { measureThroughput } from './throughput.ts';

/** Measures what was planned. */
export async function runBench(plan: Plan, processes: Processes): Promise<BenchResult> {
  const { parts, progress, concurrency, windows, windowSeconds, streams } = plan;
  progress('starting PostgreSQL, the server and the load worker');
  const rig = await startRig(processes, plan);
  const throughput = parts.includes('ceiling') ? await measureThroughput(plan, rig, processes) : {};
  const latency = parts.includes('latency') ? await measureLatency(plan, rig) : undefined;
  const fanOut = parts.includes('fan-out')
    ? await measureFanOut(plan, rig, throughput.chain?.itemsPerSecond)
    : undefined;
  return {
    ...thisMachine(),
    ...{ streams, concurrency, windows, windowSeconds },
    ...throughput,
    ...(latency && { latency }),
    ...(fanOut && { fanOut }),
  };
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
