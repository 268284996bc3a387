import { expect, test } from 'vitest';
import { countedBy, renderTogether, type Snapshot } from './merged-metrics.ts';
import { metricTable } from './metric-table.ts';
import { createMetrics } from './metrics.ts';

const kind = 'activity';

/** What a process says that counted so much of everything, as it arrives in another process. */
async function snapshotOf(count: number): Promise<Snapshot> {
  const metrics = createMetrics('1.2.3');
  metrics.redelivered(kind, count);
  metrics.acted('default', 'start', count);
  metrics.dispatched(kind, 15);
  metrics.commitBatch(count, 3, 0);
  metrics.streamsChanged('default', 1);
  metrics.backlog([{ hub: 'default', kind, count, oldestSeconds: count }]);
  metrics.watch(() => ({
    ...{ residentInstances: count, historyCacheBytes: count, waitingCalls: count },
    activeItems: [{ hub: 'default', kind, count }],
    connections: { busy: count, idle: 0, waiting: 0 },
    isServing: true,
    quotas: [],
  }));
  return JSON.parse(JSON.stringify(await metrics.snapshot())) as Snapshot;
}

function valueOf(text: string, series: string): number {
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')
      .at(-1),
  );
}

test('what processes do and have is summed up, what they all look at is not', async () => {
  const text = await renderTogether([await snapshotOf(3), await snapshotOf(4)]);
  expect(text).toContain('perdura_redeliveries_total{kind="activity"} 7');
  expect(text).toContain('perdura_actions_total{hub="default",kind="start"} 7');
  expect(text).toContain('perdura_dispatch_seconds_bucket{le="0.02",kind="activity"} 2');
  expect(text).toContain('perdura_dispatch_seconds_count{kind="activity"} 2');
  expect(text).toContain('perdura_commit_batch_writes_sum 7');
  expect(text).toContain('perdura_worker_streams{hub="default"} 2');
  expect(text).toContain('perdura_active_items{hub="default",kind="activity"} 7');
  expect(text).toContain('perdura_resident_instances 7');
  expect(text).toContain('perdura_database_connections{state="busy"} 7');
  expect(text).toContain('perdura_backlog_items{hub="default",kind="activity"} 4');
  expect(text).toContain('perdura_backlog_oldest_seconds{hub="default",kind="activity"} 4');
  expect(text).toMatch(/perdura_build_info\{.*\} 1\n/);
  for (const { name, help } of Object.values(metricTable)) expect(text).toContain(`# HELP ${name} ${help}`);
});

test("of Node's own, memory is summed up, a delay is the longest and the start the first", async () => {
  const [one, other] = [await snapshotOf(1), await snapshotOf(1)];
  const set = (snapshot: Snapshot, name: string, value: number): void => {
    for (const metric of snapshot) if (metric.name === name) metric.values = [{ value, labels: {} }];
  };
  for (const [index, snapshot] of [one, other].entries()) {
    set(snapshot, 'process_resident_memory_bytes', 100 + index);
    set(snapshot, 'nodejs_eventloop_lag_p99_seconds', 2 + index);
    set(snapshot, 'process_start_time_seconds', 50 + index);
  }
  const text = await renderTogether([one, other]);
  expect(valueOf(text, 'process_resident_memory_bytes')).toBe(201);
  expect(valueOf(text, 'nodejs_eventloop_lag_p99_seconds')).toBe(3);
  expect(valueOf(text, 'process_start_time_seconds')).toBe(50);
});

test('of processes that have ended only what they counted stays', async () => {
  const ended = await countedBy([await countedBy([await snapshotOf(3)]), await snapshotOf(4)]);
  const text = await renderTogether([ended, await snapshotOf(1)]);
  expect(text).toContain('perdura_redeliveries_total{kind="activity"} 8');
  expect(text).toContain('perdura_dispatch_seconds_count{kind="activity"} 3');
  expect(text).toContain('perdura_commit_batch_writes_sum 8');
  expect(text).toContain('perdura_resident_instances 1');
  expect(text).toContain('perdura_worker_streams{hub="default"} 1');
});
