import { cpus } from 'node:os';
import { type StatementCalls } from '../postgres/bench-counters.ts';
import { type Filling } from '../postgres/bench-rows.ts';
import { version } from '../version.ts';
import { type Costs } from './costs.ts';
import { type Load } from './loads.ts';
import { type Percentiles } from './times.ts';

/** What was measured on. */
export interface Machine {
  readonly version: string;
  readonly node: string;
  readonly processors: number;
  readonly processorModel: string;
}

/** Processor time per time, in percent of one core: what the rate was limited by, and how quiet the machine was. */
export interface Busy {
  readonly serverCpuPercent: number;
  readonly workerCpuPercent: number;
  /** Of all programs that aren't part of the benchmark, and of other machines on the same hardware. */
  readonly othersCpuPercent: number;
}

/** LOOP: bare grpc-js. Medians of the windows. */
export interface CeilingResult extends Busy {
  readonly itemsPerSecond: number;
  readonly serverCpuMicrosPerItem: number;
}

/** Sequential activities, many orchestrations at once. Medians of the windows. */
export interface ChainResult extends Busy, Percentiles {
  readonly orchestrationsPerSecond: number;
  readonly itemsPerSecond: number;
  readonly serverCpuMsPerOrchestration: number;
  readonly postgresCpuMsPerOrchestration: number;
  readonly writesPerOrchestration: number;
  readonly walBytesPerOrchestration: number;
  /** Null when the server does not count them. */
  readonly historyBytesResentPerOrchestration: number | null;
  readonly postgresCpuPercent: number;
}

export interface LatencyResult extends Percentiles {
  readonly orchestrations: number;
  /** As many commits one after the other as such an orchestration waits for, by the same PostgreSQL, and nothing else. */
  readonly commitsP50Ms: number;
  readonly ratioToCommits: number;
}

/** Costs are those of an activity; the percentiles are of whole orchestrations. */
export interface FanOutResult extends Costs, Percentiles {
  readonly activities: number;
  readonly activitiesPerSecond: number;
  /** Of work items per second, measured just before. */
  readonly ratioToCeiling: number;
  /** Of the chain's work items per second; null when the chain was not measured. */
  readonly ratioToChain: number | null;
}

/** Timers of one orchestration each. */
export interface TimersRun extends Costs, Percentiles {
  readonly timers: number;
  /** From when the first was due until the last orchestration has completed. */
  readonly perSecond: number;
}

export interface TimersResult {
  /** All due at once. The percentiles are of how late each fired, here that of a backlog. */
  readonly burst: TimersRun & {
    /** Of work items per second: each timer that fires is one. */
    readonly ratioToCeiling: number;
  };
  /** Due one after the other, fewer than can be fired. */
  readonly spread: TimersRun;
}

/** One window of one load; "each" is the unit of its row. */
export interface LoadWindow extends Busy, Costs, Partial<Percentiles> {
  readonly perSecond: number;
  /** Of what else is counted, such as operations of entities, in batches of any size. */
  readonly besidePerSecond?: number;
  readonly postgresCpuPercent: number;
}

/** Medians of the windows. */
export interface LoadRate extends LoadWindow {
  /** To the load that it is judged by; null of the ceiling. */
  readonly ratio: number | null;
  readonly windows: readonly LoadWindow[];
}

export interface LoadsResult {
  readonly windows: number;
  readonly windowSeconds: number;
  readonly rates: Readonly<Partial<Record<Load, LoadRate>>>;
}

export interface BenchResult extends Machine {
  readonly streams: number;
  readonly serverProcesses: number;
  readonly concurrency: number;
  readonly windows: number;
  readonly windowSeconds: number;
  readonly ceiling?: CeilingResult & { readonly windows: readonly CeilingResult[] };
  readonly chain?: ChainResult & {
    readonly ratioToCeiling: number;
    readonly windows: readonly ChainResult[];
  };
  /** The chain in a database that holds so much already. */
  readonly full?: ChainResult & {
    readonly ratioToChain: number;
    readonly filling: Filling;
    readonly windows: readonly ChainResult[];
  };
  readonly latency?: LatencyResult;
  readonly fanOut?: FanOutResult;
  readonly timers?: TimersResult;
  readonly loads?: LoadsResult;
}

/** The chain under one thing that has grown, and beside it where nothing has. Medians of the windows. */
export interface LevelResult {
  readonly title: string;
  readonly there: ChainResult;
  readonly fresh: ChainResult;
  /** Of work items per second. */
  readonly ratio: number;
  /** Bytes in the database of each instance that was added, with indexes; undefined when none was. */
  readonly storedBytesEach?: number | undefined;
}

export interface GrowthResult extends Machine {
  readonly concurrency: number;
  readonly windows: number;
  readonly windowSeconds: number;
  readonly levels: readonly LevelResult[];
}

/** The server at one moment under lasting load. */
export interface SoakSample {
  readonly minute: number;
  readonly residentBytes: number;
  /** In use, of JavaScript. */
  readonly heapBytes: number;
  /** Of PostgreSQL's tables whose rows all go again. */
  readonly queueBytes: number;
  /** Since the sample before, like the delay. */
  readonly orchestrationsPerSecond: number;
  /** How late the event loop ran what was due, at the 99th percentile. */
  readonly eventLoopDelayMs: number;
}

export interface SoakResult extends Machine {
  readonly minutes: number;
  readonly streams: number;
  readonly concurrency: number;
  readonly samples: readonly SoakSample[];
  readonly residentMb: ResidentMemory;
  /** Resident memory at the end by that after a fifth of the time. */
  readonly residentRatio: number;
  /** The most that the tables had whose rows all go again, in millions of bytes. */
  readonly queuesPeakMb: number;
  /** Of the ratio and both peaks. */
  readonly isWithinLimits: boolean;
}

/** In millions of bytes. */
interface ResidentMemory {
  /** After a fifth of the time: of ten minutes, at minute two. */
  readonly early: number;
  readonly end: number;
  /** The most that there ever was. */
  readonly peak: number;
}

/** A server that has nothing to do. */
export interface IdleResult extends Machine {
  readonly seconds: number;
  readonly waitingInstances: number;
  readonly streams: number;
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly isWithinLimits: boolean;
  readonly serverCpuPercent: number;
  /** The busiest first. */
  readonly statements: readonly StatementCalls[];
}

/** What a server is held to. */
export const limits = {
  /** At most: memory at the end of a soak by that after a fifth of it. */
  residentRatio: 1.15,
  /** Less than. */
  residentMb: 400,
  /** Less than: the tables whose rows all go again, in millions of bytes. */
  queuesMb: 200,
  /** Less than. */
  idleCallsPerSecond: 5,
};

export function thisMachine(): Machine {
  return {
    ...{ version, node: process.versions.node, processors: cpus().length },
    processorModel: cpus()[0]?.model ?? 'unknown',
  };
}
