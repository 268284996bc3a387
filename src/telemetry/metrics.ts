import { type ActionKind } from '../domain/count-actions.ts';
import { DEFAULT_STORE } from '../domain/store.ts';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { KindHistogram } from './kind-histogram.ts';
import { judgeByTheWorst, type Snapshot } from './merged-metrics.ts';
import { type MetricRow, metricTable } from './metric-table.ts';
import { type Spans } from './spans.ts';

/** The metrics of a process, made in the CLI and handed down. */
export type Metrics = ReturnType<typeof createMetrics>;

/** What the engine of a store reports: one method per event. */
export type StoreMetrics = ReturnType<Metrics['ofStore']>;

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
  readonly isServing: boolean;
  /** Of the hubs that have quotas. */
  readonly quotas: readonly {
    readonly hub: string;
    readonly quotas: readonly {
      readonly name: string;
      readonly limit: number | undefined;
      readonly used: number | undefined;
    }[];
  }[];
}

/** Task hubs that have series of their own; all others share one. */
const NAMED_HUBS = 200;
const OTHER_HUBS = '(others)';

/** Of several stores each has series of its own, told apart by a label; the one of a server without further ones has no label. */
interface StoreLabel {
  readonly store?: string;
}

/** `spans`: where to send spans of the same events; undefined unless tracing is on. `stores`: their names, if there are several. */
export function createMetrics(version: string, spans?: Spans, stores: readonly string[] = []) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  judgeByTheWorst(registry);
  gauge(registry, metricTable.buildInfo).set({ version, node: process.versions.node }, 1);
  const named = new Set<string>();
  const labelOf = (hub: string): string => {
    if (named.size < NAMED_HUBS) named.add(hub);
    return named.has(hub) ? hub : OTHER_HUBS;
  };
  const labels: readonly StoreLabel[] = stores.length > 0 ? stores.map((store) => ({ store })) : [{}];
  const sampled = sampledMetrics(registry, labelOf, labels);
  const { showCounts, ...dispatch } = dispatchMetrics(registry, labelOf);
  const storeMetrics = committedMetrics(registry, labels, spans);
  const backlog = backlogMetrics(registry, labelOf);
  const ofStore = (store: string) => {
    const label = stores.includes(store) ? { store } : {};
    return {
      ...dispatch,
      ...storeMetrics(label),
      spans,
      /** What waits in the database now; replaces what was said before. */
      backlog: (rows: readonly Backlog[]): void => {
        backlog(store, rows);
      },
      /** Whom to ask for what is not counted as it happens. */
      watch: (sample: () => Sample): void => {
        sampled.watch(store, { label, sample });
      },
    };
  };
  return {
    /** Everything in Prometheus' text format. */
    render: (): Promise<string> => {
      sampled.show();
      showCounts();
      return registry.metrics();
    },
    /** The same as data. */
    snapshot: (): Promise<Snapshot> => {
      sampled.show();
      showCounts();
      return registry.getMetricsAsJSON();
    },
    contentType: registry.contentType,
    ...certificateMetrics(registry),
    ...auditMetrics(registry),
    ...connectionMetrics(registry),
    ofStore,
    /** What the default store reports. */
    ...ofStore(DEFAULT_STORE),
  };
}

type LabelOf = (hub: string) => string;

interface Watched {
  readonly label: StoreLabel;
  readonly sample: () => Sample;
}

function sampledMetrics(registry: Registry, labelOf: LabelOf, labels: readonly StoreLabel[]) {
  const activeItems = gauge(registry, metricTable.activeItems);
  const residents = gauge(registry, metricTable.residentInstances);
  const cacheBytes = gauge(registry, metricTable.historyCacheBytes);
  const waitingCalls = gauge(registry, metricTable.waitingCalls);
  const connections = gauge(registry, metricTable.databaseConnections);
  const waitingReads = gauge(registry, metricTable.databaseWaiting);
  const serving = gauge(registry, metricTable.storeServing);
  const quotas = quotaMetrics(registry, labelOf);
  const watched = new Map<string, Watched>();
  const show = (store: string, { label, sample: look }: Watched): void => {
    const sample = look();
    for (const { hub, kind, count } of sample.activeItems) {
      activeItems.inc({ hub: labelOf(hub), kind }, count);
    }
    quotas.show(sample.quotas);
    residents.set(label, sample.residentInstances);
    cacheBytes.set(label, sample.historyCacheBytes);
    waitingCalls.set(label, sample.waitingCalls);
    connections.set({ ...label, state: 'busy' }, sample.connections.busy);
    connections.set({ ...label, state: 'idle' }, sample.connections.idle);
    waitingReads.set(label, sample.connections.waiting);
    serving.set({ store }, Number(sample.isServing));
  };
  for (const label of labels) {
    for (const each of [residents, cacheBytes, waitingCalls, waitingReads]) each.set(label, 0);
  }
  return {
    watch(store: string, look: Watched): void {
      watched.set(store, look);
    },
    show: (): void => {
      activeItems.reset();
      quotas.reset();
      for (const [store, look] of watched) show(store, look);
    },
  };
}

/** Hubs that share a series are added up. */
function quotaMetrics(registry: Registry, labelOf: LabelOf) {
  const limits = gauge(registry, metricTable.quotaLimit);
  const used = gauge(registry, metricTable.quotaUsed);
  return {
    reset(): void {
      for (const each of [limits, used]) each.reset();
    },
    show(hubs: Sample['quotas']): void {
      for (const { hub: name, quotas } of hubs) {
        const hub = labelOf(name);
        for (const { name: quota, ...values } of quotas) {
          if (values.limit !== undefined) limits.inc({ hub, quota }, values.limit);
          if (values.used !== undefined) used.inc({ hub, quota }, values.used);
        }
      }
    },
  };
}

/** What the lane and the sweep of a store count. */
function committedMetrics(registry: Registry, labels: readonly StoreLabel[], spans: Spans | undefined) {
  const writesPerBatch = histogram(registry, metricTable.commitBatchWrites);
  const batchSeconds = histogram(registry, metricTable.commitBatchSeconds);
  const laneWait = histogram(registry, metricTable.laneWaitSeconds);
  const finds = counter(registry, metricTable.sweepFinds);
  for (const label of labels) for (const each of [writesPerBatch, batchSeconds, laneWait]) each.zero(label);
  return (label: StoreLabel) => ({
    /** A batch was committed, `ms` after it was sent; its oldest write had waited `queuedMs` for the lane. */
    commitBatch(writes: number, ms: number, queuedMs: number): void {
      writesPerBatch.observe(label, writes);
      batchSeconds.observe(label, ms / 1000);
      laneWait.observe(label, queuedMs / 1000);
      spans?.committed(writes, ms, queuedMs);
    },
    /** The sweep found something that nobody had announced, such as `bell`, `dead` or `completion`. */
    sweepFound(find: string, count: number): void {
      finds.inc({ ...label, find }, count);
    },
  });
}

/** What each store said last is shown together: hubs of all stores may share a series. */
function backlogMetrics(registry: Registry, labelOf: LabelOf) {
  const items = gauge(registry, metricTable.backlogItems);
  const oldest = gauge(registry, metricTable.backlogOldestSeconds);
  const said = new Map<string, readonly Backlog[]>();
  return (store: string, rows: readonly Backlog[]): void => {
    said.set(store, rows);
    items.reset();
    oldest.reset();
    const ages = new Map<string, number>();
    for (const { hub: name, kind, count, oldestSeconds } of [...said.values()].flat()) {
      const hub = labelOf(name);
      const age = Math.max(oldestSeconds, ages.get(`${hub} ${kind}`) ?? 0);
      ages.set(`${hub} ${kind}`, age);
      items.inc({ hub, kind }, count);
      oldest.set({ hub, kind }, age);
    }
  };
}

function dispatchMetrics(registry: Registry, labelOf: LabelOf) {
  const dispatch = new KindHistogram(registry, metricTable.dispatchSeconds);
  const redeliveries = counter(registry, metricTable.redeliveries);
  const lateness = histogram(registry, metricTable.timerLatenessSeconds);
  const streams = gauge(registry, metricTable.workerStreams);
  const answers = new KindHistogram(registry, metricTable.workItemSeconds);
  const refusals = counter(registry, metricTable.quotaRefusals);
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
    /** A client's call was refused because of that quota. */
    quotaRefused(hub: string, quota: string): void {
      refusals.inc({ hub: labelOf(hub), quota });
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

function certificateMetrics(registry: Registry) {
  const reads = counter(registry, metricTable.certificateReads);
  const expires = gauge(registry, metricTable.certificateExpires);
  // Without TLS there is no time: the gauge would begin with 1970.
  expires.remove();
  return {
    /** The TLS files had new contents; the certificate that is in use from now on expires then. */
    certificateRead(outcome: 'taken' | 'refused', expiresAt: Date): void {
      reads.inc({ outcome });
      expires.set(expiresAt.getTime() / 1000);
    },
  };
}

function connectionMetrics(registry: Registry) {
  const refused = counter(registry, metricTable.refusedConnections);
  return {
    /** A connection from an address that may not connect was closed. */
    connectionRefused(): void {
      refused.inc();
    },
  };
}

function auditMetrics(registry: Registry) {
  const entries = counter(registry, metricTable.auditEntries);
  const dropped = counter(registry, metricTable.auditDropped);
  return {
    /** So many entries of the audit log were stored. */
    audited(count: number): void {
      entries.inc(count);
    },
    /** So many refused calls were not written down (`flood`), or so many entries were written to the log alone. */
    auditDropped(reason: 'flood' | 'full' | 'refused' | 'stopped', count: number): void {
      dropped.inc({ reason }, count);
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
