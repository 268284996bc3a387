import { cpus } from 'node:os';
import { type StatementCalls } from '../postgres/bench-counters.ts';
import { type Filling } from '../postgres/bench-rows.ts';
import { version } from '../version.ts';

/** What can be measured, in the order in which it is. */
export const partNames = ['ceiling', 'chain', 'full', 'latency', 'fan-out', 'entities'] as const;
export type Part = (typeof partNames)[number];

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
export interface ChainResult extends Busy {
  readonly orchestrationsPerSecond: number;
  readonly itemsPerSecond: number;
  readonly serverCpuMsPerOrchestration: number;
  readonly postgresCpuMsPerOrchestration: number;
  readonly commitsPerOrchestration: number;
  /** Null when the server does not count them. */
  readonly historyBytesResentPerOrchestration: number | null;
  readonly postgresCpuPercent: number;
}

export interface LatencyResult {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly orchestrations: number;
}

export interface FanOutResult {
  readonly activities: number;
  readonly activitiesPerSecond: number;
  /** Of the chain's work items per second; null when the chain was not measured. */
  readonly ratioToChain: number | null;
}

/** What the part `entities` consists of, in the order in which it is measured. */
export const entityLoadNames = [
  ...(['unary', 'signalsToOne', 'signalsToMany', 'entityCalls', 'criticalSections', 'starts'] as const),
];
export type EntityLoad = (typeof entityLoadNames)[number];

export const entityLoads: Readonly<Record<EntityLoad, EntityLoadRow>> = {
  unary: { title: "the ceiling's unary calls", counted: 'calls' },
  signalsToOne: { title: 'signals to one entity', counted: 'calls', reachPercent: 60 },
  signalsToMany: { title: 'signals to 1,000 entities', counted: 'calls', reachPercent: 60 },
  entityCalls: { title: 'calls of entities, answered', counted: 'results' },
  criticalSections: { title: 'critical sections, 2 of 100 each', counted: 'results' },
  starts: { title: 'starts of what nobody runs yet', counted: 'calls' },
};

interface EntityLoadRow {
  readonly title: string;
  /** Calls of clients that were acknowledged, or answers that came back to orchestrations. */
  readonly counted: 'calls' | 'results';
  readonly reachPercent?: number;
}

/** One window of one load. */
export interface EntityWindow extends Busy {
  readonly perSecond: number;
  /** Of entities, in batches of any size. */
  readonly operationsPerSecond: number;
  readonly serverCpuMicrosEach: number;
  readonly postgresCpuPercent: number;
}

/** Medians of the windows. */
export interface EntityRate extends EntityWindow {
  /** To calls that bare grpc-js acknowledges at once, as many at a time. */
  readonly ratioToUnary: number;
  readonly windows: readonly EntityWindow[];
}

export interface EntitiesResult {
  readonly windows: number;
  readonly windowSeconds: number;
  readonly rates: Readonly<Record<EntityLoad, EntityRate>>;
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
  readonly entities?: EntitiesResult;
}

/** The server at one moment under lasting load. */
export interface SoakSample {
  readonly minute: number;
  readonly residentBytes: number;
  /** In use, of JavaScript. */
  readonly heapBytes: number;
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
  /** Of the ratio and the peak. */
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
  /** Less than. */
  idleCallsPerSecond: 5,
};

export function thisMachine(): Machine {
  return {
    ...{ version, node: process.versions.node, processors: cpus().length },
    processorModel: cpus()[0]?.model ?? 'unknown',
  };
}
