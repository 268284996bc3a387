/** What can be measured, in the order in which it is. */
export const partNames = ['ceiling', 'chain', 'latency', 'fan-out'] as const;
export type Part = (typeof partNames)[number];

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

export interface BenchResult {
  readonly version: string;
  readonly node: string;
  readonly processors: number;
  readonly processorModel: string;
  readonly streams: number;
  readonly concurrency: number;
  readonly windows: number;
  readonly windowSeconds: number;
  readonly ceiling?: CeilingResult & { readonly windows: readonly CeilingResult[] };
  readonly chain?: ChainResult & {
    readonly ratioToCeiling: number;
    readonly windows: readonly ChainResult[];
  };
  readonly latency?: LatencyResult;
  readonly fanOut?: FanOutResult;
}
