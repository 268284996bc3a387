import { setTimeout as pause } from 'node:timers/promises';
import { measureQueues } from '../postgres/bench-counters.ts';
import { must } from '../lib/assert.ts';
import { peakResidentBytes } from './memory.ts';
import { CONCURRENCY, streamsFor } from './plan.ts';
import { type Processes } from './processes.ts';
import { readMetric } from './prometheus.ts';
import { limits, type SoakResult, type SoakSample, thisMachine } from './result.ts';
import { type Moment, momentOf, type Rig, startRig, stopLoad } from './rig.ts';
import { describeSample } from './soak-report.ts';
import { perSecond } from './windows.ts';

export interface SoakPlan {
  readonly minutes: number;
  /** Says what is being done. */
  readonly progress: (line: string) => void;
}

const SAMPLES_PER_MINUTE = 2;
/** Of a short run there are more. */
const FEWEST_SAMPLES = 20;

/** Load that lasts, of orchestrations that do something of everything: does the server keep its memory in bounds? */
export async function runSoak(plan: SoakPlan, processes: Processes): Promise<SoakResult> {
  const { minutes, progress } = plan;
  const streams = streamsFor(CONCURRENCY);
  progress('starting PostgreSQL, the server and the load worker');
  const rig = await startRig(processes, streams);
  progress('chains with a timer, an event, a sub-orchestration and continue-as-new');
  await rig.worker.ask('startLoad', { kind: 'mixed', concurrency: CONCURRENCY });
  const samples = await takeSamples(plan, rig);
  const peak = peakResidentBytes(rig.serverPid);
  await stopLoad(rig);
  return {
    ...thisMachine(),
    ...{ minutes, streams: streams.streams, concurrency: CONCURRENCY, samples },
    ...judgeMemory(samples, peak),
  };
}

/** Compares the end with a fifth of the time; the most that was ever resident may lie between the samples. */
export function judgeMemory(
  samples: readonly SoakSample[],
  peakBytes: number,
): Pick<SoakResult, 'residentMb' | 'residentRatio' | 'queuesPeakMb' | 'isWithinLimits'> {
  const early = must(samples[Math.ceil(samples.length / 5) - 1], 'a sample after a fifth of the time');
  const end = must(samples.at(-1), 'the last sample');
  const residentMb = {
    early: early.residentBytes / 1e6,
    end: end.residentBytes / 1e6,
    peak: peakBytes / 1e6,
  };
  const residentRatio = residentMb.end / residentMb.early;
  const queuesPeakMb = Math.max(...samples.map(({ queueBytes }) => queueBytes)) / 1e6;
  return {
    ...{ residentMb, residentRatio, queuesPeakMb },
    isWithinLimits:
      residentRatio <= limits.residentRatio &&
      residentMb.peak < limits.residentMb &&
      queuesPeakMb < limits.queuesMb,
  };
}

async function takeSamples({ minutes, progress }: SoakPlan, rig: Rig): Promise<SoakSample[]> {
  const count = Math.max(FEWEST_SAMPLES, minutes * SAMPLES_PER_MINUTE);
  const samples: SoakSample[] = [];
  // The server shows delays since it was last asked.
  await rig.metrics();
  const start = await momentOf(rig);
  let before = start;
  for (let number = 1; number <= count; number++) {
    const minute = (minutes * number) / count;
    await pause(start.atMs + minute * 60_000 - before.atMs);
    const now = await momentOf(rig);
    const sample = { minute, ...(await sampleOf(rig, before, now)) };
    progress(describeSample(sample));
    samples.push(sample);
    before = now;
  }
  return samples;
}

async function sampleOf(rig: Rig, before: Moment, now: Moment): Promise<Omit<SoakSample, 'minute'>> {
  const text = await rig.metrics();
  const metric = (name: string): number => must(readMetric(text, name), `the metric ${name}`);
  return {
    residentBytes: metric('process_resident_memory_bytes'),
    heapBytes: metric('nodejs_heap_size_used_bytes'),
    queueBytes: await measureQueues(rig.databaseUrl),
    orchestrationsPerSecond: perSecond(now.orchestrations - before.orchestrations, before, now),
    eventLoopDelayMs: metric('nodejs_eventloop_lag_p99_seconds') * 1000,
  };
}
