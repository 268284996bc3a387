import { type ActionKind } from '../domain/count-actions.ts';
import { type Aggregator, collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { KindHistogram } from './kind-histogram.ts';
import { judgeByTheWorst, type Snapshot } from './merged-metrics.ts';
import { type Spans } from './spans.ts';

interface MetricRow<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
  /** What the value is for several processes together; the sum when unset. */
  readonly together?: Aggregator;
  /** Upper bounds; of histograms only. */
  readonly buckets?: readonly number[];
}

const latencySeconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
const latenessSeconds = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 30, 300];

/** Every metric of ours; docs/operations.md lists the same names. Node's own (`process_…`, `nodejs_…`) come beside them. */
export const metricTable = {
  commitBatchWrites: {
    name: 'perdura_commit_batch_writes',
    help: 'Writes committed together in one transaction.',
    labels: [],
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
  },
  commitBatchSeconds: {
    name: 'perdura_commit_batch_seconds',
    help: 'Time from sending a commit batch to its COMMIT.',
    labels: [],
    buckets: latencySeconds,
  },
  laneWaitSeconds: {
    name: 'perdura_lane_wait_seconds',
    help: 'Time that the oldest write of a commit batch waited for the lane.',
    labels: [],
    buckets: latencySeconds,
  },
  dispatchSeconds: {
    name: 'perdura_dispatch_seconds',
    help: 'Time from a work item being ready on this replica to its being sent to a worker.',
    labels: ['kind'],
    buckets: latencySeconds,
  },
  backlogItems: {
    name: 'perdura_backlog_items',
    help: 'Work items in the database that no replica has taken.',
    labels: ['hub', 'kind'],
    together: 'max',
  },
  backlogOldestSeconds: {
    name: 'perdura_backlog_oldest_seconds',
    help: 'Age of the oldest work item that no replica has taken.',
    labels: ['hub', 'kind'],
    together: 'max',
  },
  historyResentBytes: {
    name: 'perdura_history_resent_bytes_total',
    help: 'Bytes of history sent to workers again with turns.',
    labels: [],
  },
  redeliveries: {
    name: 'perdura_redeliveries_total',
    help: 'Work items sent again because a lease timed out, a stream was lost or a worker gave them back.',
    labels: ['kind'],
  },
  sweepFinds: {
    name: 'perdura_sweep_finds_total',
    help: 'Things that the sweep found and nobody had announced; 0 in a healthy run.',
    labels: ['find'],
  },
  timerLatenessSeconds: {
    name: 'perdura_timer_lateness_seconds',
    help: 'Time from when a timer was due to its firing.',
    labels: [],
    buckets: latenessSeconds,
  },
  workerStreams: {
    name: 'perdura_worker_streams',
    help: 'Work-item streams that are connected to this replica.',
    labels: ['hub'],
  },
  actions: {
    name: 'perdura_actions_total',
    help: 'Recorded actions as the Azure scheduler bills them: starts, scheduled activities, results, timers, events, controls, and of entities signals, operations and locks.',
    labels: ['hub', 'kind'],
  },
  activeItems: {
    name: 'perdura_active_items',
    help: 'Work items that workers of this replica have now.',
    labels: ['hub', 'kind'],
  },
  workItemSeconds: {
    name: 'perdura_work_item_seconds',
    help: 'Time from sending a work item to taking its answer.',
    labels: ['kind'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 300, 3600],
  },
  residentInstances: {
    name: 'perdura_resident_instances',
    help: 'Instances that this replica owns.',
    labels: [],
  },
  historyCacheBytes: {
    name: 'perdura_history_cache_bytes',
    help: 'Bytes of history that this replica holds in memory.',
    labels: [],
  },
  waitingCalls: {
    name: 'perdura_waiting_calls',
    help: 'Calls that wait for an instance to start or to end.',
    labels: [],
  },
  databaseConnections: {
    name: 'perdura_database_connections',
    help: 'Connections of the pool for reads.',
    labels: ['state'],
  },
  databaseWaiting: {
    name: 'perdura_database_waiting_reads',
    help: 'Reads that wait for a connection of the pool.',
    labels: [],
  },
  buildInfo: {
    name: 'perdura_build_info',
    help: 'Always 1; the labels say which program this is.',
    labels: ['version', 'node'],
    together: 'first',
  },
} as const satisfies Readonly<Record<string, MetricRow<string>>>;

/** What the engine reports: one method per event. One set per process, made in the CLI and handed down. */
export type Metrics = ReturnType<typeof createMetrics>;

interface Backlog {
  readonly hub: string;
  readonly kind: string;
  readonly count: number;
  readonly oldestSeconds: number;
}

/** What is looked at only when metrics are asked for. */
export interface Sample {
  readonly activeItems: readonly { readonly hub: string; readonly kind: string; readonly count: number }[];
  readonly residentInstances: number;
  readonly historyCacheBytes: number;
  readonly waitingCalls: number;
  readonly connections: { readonly busy: number; readonly idle: number; readonly waiting: number };
}

/** Task hubs that have series of their own; all others share one. */
const NAMED_HUBS = 200;
const OTHER_HUBS = '(others)';

/** `spans`: where to send spans of the same events; undefined unless tracing is on. */
export function createMetrics(version: string, spans?: Spans) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  judgeByTheWorst(registry);
  gauge(registry, metricTable.buildInfo).set({ version, node: process.versions.node }, 1);
  const named = new Set<string>();
  const labelOf = (hub: string): string => {
    if (named.size < NAMED_HUBS) named.add(hub);
    return named.has(hub) ? hub : OTHER_HUBS;
  };
  const { show, ...sampled } = sampledMetrics(registry, labelOf);
  const { showCounts, ...dispatch } = dispatchMetrics(registry, labelOf);
  return {
    /** Everything in Prometheus' text format. */
    render: (): Promise<string> => {
      show();
      showCounts();
      return registry.metrics();
    },
    /** The same as data. */
    snapshot: (): Promise<Snapshot> => {
      show();
      showCounts();
      return registry.getMetricsAsJSON();
    },
    contentType: registry.contentType,
    spans,
    ...sampled,
    ...storeMetrics(registry, labelOf, spans),
    ...dispatch,
  };
}

type LabelOf = (hub: string) => string;

function sampledMetrics(registry: Registry, labelOf: LabelOf) {
  const activeItems = gauge(registry, metricTable.activeItems);
  const residents = gauge(registry, metricTable.residentInstances);
  const cacheBytes = gauge(registry, metricTable.historyCacheBytes);
  const waitingCalls = gauge(registry, metricTable.waitingCalls);
  const connections = gauge(registry, metricTable.databaseConnections);
  const waitingReads = gauge(registry, metricTable.databaseWaiting);
  let look: (() => Sample) | undefined;
  return {
    /** Whom to ask for what is not counted as it happens. */
    watch(sample: () => Sample): void {
      look = sample;
    },
    show: (): void => {
      if (!look) return;
      const sample = look();
      activeItems.reset();
      for (const { hub, kind, count } of sample.activeItems) {
        activeItems.inc({ hub: labelOf(hub), kind }, count);
      }
      residents.set(sample.residentInstances);
      cacheBytes.set(sample.historyCacheBytes);
      waitingCalls.set(sample.waitingCalls);
      connections.set({ state: 'busy' }, sample.connections.busy);
      connections.set({ state: 'idle' }, sample.connections.idle);
      waitingReads.set(sample.connections.waiting);
    },
  };
}

function storeMetrics(registry: Registry, labelOf: LabelOf, spans: Spans | undefined) {
  const writesPerBatch = histogram(registry, metricTable.commitBatchWrites);
  const batchSeconds = histogram(registry, metricTable.commitBatchSeconds);
  const laneWait = histogram(registry, metricTable.laneWaitSeconds);
  const items = gauge(registry, metricTable.backlogItems);
  const oldest = gauge(registry, metricTable.backlogOldestSeconds);
  const finds = counter(registry, metricTable.sweepFinds);
  return {
    /** A batch was committed, `ms` after it was sent; its oldest write had waited `queuedMs` for the lane. */
    commitBatch(writes: number, ms: number, queuedMs: number): void {
      writesPerBatch.observe(writes);
      batchSeconds.observe(ms / 1000);
      laneWait.observe(queuedMs / 1000);
      spans?.committed(writes, ms, queuedMs);
    },
    /** What waits in the database now; replaces what was said before. */
    backlog(rows: readonly Backlog[]): void {
      items.reset();
      oldest.reset();
      const ages = new Map<string, number>();
      for (const { hub: name, kind, count, oldestSeconds } of rows) {
        const hub = labelOf(name);
        const age = Math.max(oldestSeconds, ages.get(`${hub} ${kind}`) ?? 0);
        ages.set(`${hub} ${kind}`, age);
        items.inc({ hub, kind }, count);
        oldest.set({ hub, kind }, age);
      }
    },
    /** The sweep found something that nobody had announced, such as `bell`, `dead` or `completion`. */
    sweepFound(find: string, count: number): void {
      finds.inc({ find }, count);
    },
  };
}

function dispatchMetrics(registry: Registry, labelOf: LabelOf) {
  const dispatch = new KindHistogram(registry, metricTable.dispatchSeconds);
  const redeliveries = counter(registry, metricTable.redeliveries);
  const lateness = histogram(registry, metricTable.timerLatenessSeconds);
  const streams = gauge(registry, metricTable.workerStreams);
  const answers = new KindHistogram(registry, metricTable.workItemSeconds);
  return {
    ...countedMetrics(registry, labelOf),
    /** The answer to a work item was taken, `ms` after it was sent. */
    answered(kind: string, ms: number): void {
      answers.add(kind, ms / 1000);
    },
    /** A work item was sent to a worker, `ms` after it had become ready here. */
    dispatched(kind: string, ms: number): void {
      dispatch.add(kind, ms / 1000);
    },
    /** A work item goes out again. */
    redelivered(kind: string, count = 1): void {
      redeliveries.inc({ kind }, count);
    },
    /** A timer fired, `ms` after it was due. */
    timerFired(ms: number): void {
      lateness.observe(ms / 1000);
    },
    /** A worker's stream was opened (1) or ended (-1). */
    streamsChanged(hub: string, by: 1 | -1): void {
      streams.inc({ hub: labelOf(hub) }, by);
    },
  };
}

/** What every turn counts: added up here, because prom-client hashes labels, and given to it when metrics are asked for. */
function countedMetrics(registry: Registry, labelOf: LabelOf) {
  const resentBytes = counter(registry, metricTable.historyResentBytes);
  const actions = counter(registry, metricTable.actions);
  const acted = new Map<string, Map<ActionKind, number>>();
  let resent = 0;
  return {
    /** So many actions of a kind were recorded. */
    acted(hub: string, kind: ActionKind, count: number): void {
      const label = labelOf(hub);
      const counts = acted.get(label) ?? new Map<ActionKind, number>();
      if (counts.size === 0) acted.set(label, counts);
      counts.set(kind, (counts.get(kind) ?? 0) + count);
    },
    /** A turn was sent with so much history. */
    historyResent(bytes: number): void {
      resent += bytes;
    },
    showCounts: (): void => {
      for (const [hub, counts] of acted) {
        for (const [kind, count] of counts) actions.inc({ hub, kind }, count);
      }
      acted.clear();
      resentBytes.inc(resent);
      resent = 0;
    },
  };
}

function histogram<L extends string>(
  registry: Registry,
  { name, help, labels, buckets }: MetricRow<L>,
): Histogram<L> {
  return new Histogram({
    name,
    help,
    labelNames: labels,
    buckets: [...(buckets ?? [])],
    registers: [registry],
  });
}

function gauge<L extends string>(registry: Registry, row: MetricRow<L>): Gauge<L> {
  const { name, help, labels, together = 'sum' } = row;
  return new Gauge({ name, help, labelNames: labels, aggregator: together, registers: [registry] });
}

function counter<L extends string>(registry: Registry, { name, help, labels }: MetricRow<L>): Counter<L> {
  return new Counter({ name, help, labelNames: labels, registers: [registry] });
}
