import { type Aggregator } from 'prom-client';

export interface MetricRow<Label extends string> {
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

/** Every metric of ours; docs/metrics.md lists the same names. Node's own (`process_…`, `nodejs_…`) come beside them. */
export const metricTable = {
  commitBatchWrites: {
    name: 'perdura_commit_batch_writes',
    help: 'Writes committed together in one transaction.',
    labels: ['store'],
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
  },
  commitBatchSeconds: {
    name: 'perdura_commit_batch_seconds',
    help: 'Time from sending a commit batch to its COMMIT.',
    labels: ['store'],
    buckets: latencySeconds,
  },
  laneWaitSeconds: {
    name: 'perdura_lane_wait_seconds',
    help: 'Time that the oldest write of a commit batch waited for the lane.',
    labels: ['store'],
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
    labels: ['store', 'find'],
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
    labels: ['store'],
  },
  historyCacheBytes: {
    name: 'perdura_history_cache_bytes',
    help: 'Bytes of history that this replica holds in memory.',
    labels: ['store'],
  },
  waitingCalls: {
    name: 'perdura_waiting_calls',
    help: 'Calls that wait for an instance to start or to end.',
    labels: ['store'],
  },
  storeServing: {
    name: 'perdura_store_serving',
    help: 'Whether work of the store is handed out: 1, or 0 while its database does not answer.',
    labels: ['store'],
    together: 'min',
  },
  databaseConnections: {
    name: 'perdura_database_connections',
    help: 'Connections of the pool for reads.',
    labels: ['store', 'state'],
  },
  databaseWaiting: {
    name: 'perdura_database_waiting_reads',
    help: 'Reads that wait for a connection of the pool.',
    labels: ['store'],
  },
  quotaLimit: {
    name: 'perdura_quota_limit',
    help: 'What a task hub may have: its quotas that are in force.',
    labels: ['hub', 'quota'],
    together: 'max',
  },
  quotaUsed: {
    name: 'perdura_quota_used',
    help: 'What a task hub uses of a quota that is measured: instances, bytes, pending work items.',
    labels: ['hub', 'quota'],
    together: 'max',
  },
  quotaRefusals: {
    name: 'perdura_quota_refusals_total',
    help: 'Calls of clients that were refused because a quota of their task hub was reached.',
    labels: ['hub', 'quota'],
  },
  certificateReads: {
    name: 'perdura_certificate_reads_total',
    help: 'New contents of the TLS files, by whether they were taken or refused.',
    labels: ['outcome'],
  },
  certificateExpires: {
    name: 'perdura_certificate_expires_timestamp_seconds',
    help: 'When the TLS certificate in use expires, in seconds since 1970; absent without TLS.',
    labels: [],
    together: 'min',
  },
  refusedConnections: {
    name: 'perdura_refused_connections_total',
    help: 'Connections from addresses that may not connect.',
    labels: [],
  },
  auditEntries: {
    name: 'perdura_audit_entries_total',
    help: 'Entries of the audit log that were stored.',
    labels: [],
  },
  auditDropped: {
    name: 'perdura_audit_dropped_total',
    help: 'What the audit log does not have: refused calls beyond their rate, and entries that stand in the log alone.',
    labels: ['reason'],
  },
  buildInfo: {
    name: 'perdura_build_info',
    help: 'Always 1; the labels say which program this is.',
    labels: ['version', 'node'],
    together: 'first',
  },
} as const satisfies Readonly<Record<string, MetricRow<string>>>;
