import { describe, expect, test } from 'vitest';
import { metricTable } from './metric-table.ts';
import { createMetrics } from './metrics.ts';

test('every metric of the table is rendered under its name', async () => {
  const text = await createMetrics('1.2.3').render();
  for (const { name, help } of Object.values(metricTable)) expect(text).toContain(`# HELP ${name} ${help}`);
  expect(text).toMatch(/perdura_build_info\{version="1\.2\.3",node="\d+\.\d+\.\d+"\} 1/);
  expect(text).toContain('nodejs_eventloop_lag_seconds');
});

test('values arrive with their labels, and two sets share nothing', async () => {
  const metrics = createMetrics('1.2.3');
  metrics.redelivered('activity');
  metrics.commitBatch(3, 3, 0);
  metrics.dispatched('orchestration', 15);
  metrics.timerFired(2);
  metrics.answered('activity', 1_500);
  metrics.sweepFound('bell', 2);
  metrics.streamsChanged('default', 1);
  metrics.streamsChanged('default', 1);
  metrics.streamsChanged('default', -1);
  metrics.backlog([{ hub: 'default', kind: 'activity', count: 7, oldestSeconds: 1.5 }]);
  const text = await metrics.render();
  expect(text).toContain('perdura_redeliveries_total{kind="activity"} 1');
  expect(text).toContain('perdura_commit_batch_seconds_bucket{le="0.005"} 1');
  expect(text).toContain('perdura_commit_batch_writes_sum 3');
  expect(text).toContain('perdura_lane_wait_seconds_count 1');
  expect(text).toContain('perdura_dispatch_seconds_sum{kind="orchestration"} 0.015');
  expect(text).toContain('perdura_timer_lateness_seconds_sum 0.002');
  expect(text).toContain('perdura_work_item_seconds_sum{kind="activity"} 1.5');
  expect(text).toContain('perdura_sweep_finds_total{find="bell"} 2');
  expect(text).toContain('perdura_worker_streams{hub="default"} 1');
  expect(text).toContain('perdura_backlog_items{hub="default",kind="activity"} 7');
  expect(text).toContain('perdura_backlog_oldest_seconds{hub="default",kind="activity"} 1.5');
  expect(await createMetrics('1.2.3').render()).not.toContain('kind="activity"');
});

test('what is not counted as it happens is looked at when metrics are asked for', async () => {
  const metrics = createMetrics('1.2.3');
  expect(await metrics.render()).toContain('perdura_resident_instances 0');
  let residentInstances = 5;
  metrics.watch(() => ({
    ...{ residentInstances, historyCacheBytes: 6, waitingCalls: 7 },
    activeItems: [
      { hub: 'default', kind: 'activity', count: 2 },
      { hub: 'default', kind: 'activity', count: 3 },
    ],
    connections: { busy: 1, idle: 2, waiting: 3 },
    isServing: true,
    quotas: [],
  }));
  residentInstances = 4;
  for (const text of [await metrics.render(), await metrics.render()]) {
    expect(text).toContain('perdura_active_items{hub="default",kind="activity"} 5');
    expect(text).toContain('perdura_resident_instances 4');
    expect(text).toContain('perdura_history_cache_bytes 6');
    expect(text).toContain('perdura_waiting_calls 7');
    expect(text).toContain('perdura_database_connections{state="busy"} 1');
    expect(text).toContain('perdura_database_connections{state="idle"} 2');
    expect(text).toContain('perdura_database_waiting_reads 3');
  }
});

test('quotas are shown with what is used of them, and go with them', async () => {
  const metrics = createMetrics('1.2.3');
  const quotas = (limit: number | undefined, used: number | undefined) => [
    { name: 'instances', limit, used },
  ];
  let hubs = [
    { hub: 'orders', quotas: quotas(10, 3) },
    { hub: 'new', quotas: quotas(10, undefined) },
    { hub: 'free', quotas: quotas(undefined, undefined) },
  ];
  metrics.watch(() => ({
    ...{ residentInstances: 0, historyCacheBytes: 0, waitingCalls: 0, isServing: true, quotas: hubs },
    ...{ activeItems: [], connections: { busy: 1, idle: 2, waiting: 3 } },
  }));
  metrics.quotaRefused('orders', 'instances');
  const seriesOf = async (): Promise<string[]> =>
    (await metrics.render()).split('\n').filter((line) => line.startsWith('perdura_quota_'));
  const refused = 'perdura_quota_refusals_total{hub="orders",quota="instances"} 1';
  expect(await seriesOf()).toEqual([
    'perdura_quota_limit{hub="orders",quota="instances"} 10',
    'perdura_quota_limit{hub="new",quota="instances"} 10',
    'perdura_quota_used{hub="orders",quota="instances"} 3',
    refused,
  ]);
  hubs = [];
  expect(await seriesOf()).toEqual([refused]);
});

test('hubs beyond two hundred share a series', async () => {
  const metrics = createMetrics('1.2.3');
  for (let i = 0; i < 205; i++) metrics.acted(`hub-${i}`, 'start', 1);
  metrics.acted('hub-7', 'start', 1);
  metrics.backlog(
    [300, 301, 302].map((i) => ({ hub: `hub-${i}`, kind: 'activity', count: i, oldestSeconds: 600 - i })),
  );
  const text = await metrics.render();
  expect(text).toContain('perdura_actions_total{hub="hub-7",kind="start"} 2');
  expect(text).toContain('perdura_actions_total{hub="(others)",kind="start"} 5');
  expect(text).not.toContain('hub="hub-200"');
  expect(text).toContain('perdura_backlog_items{hub="(others)",kind="activity"} 903');
  expect(text).toContain('perdura_backlog_oldest_seconds{hub="(others)",kind="activity"} 300');
});

test('a backlog that is gone is no longer shown', async () => {
  const metrics = createMetrics('1.2.3');
  metrics.backlog([{ hub: 'old', kind: 'activity', count: 7, oldestSeconds: 1.5 }]);
  metrics.backlog([]);
  expect(await metrics.render()).not.toContain('hub="old"');
});

test('metric names follow the naming rule', () => {
  for (const { name } of Object.values(metricTable)) {
    expect(name).toMatch(/^perdura(_[a-z]+)+$/);
  }
});

describe('of several stores', () => {
  const sampleOf = (count: number, isServing: boolean) => () => ({
    ...{ residentInstances: count, historyCacheBytes: 0, waitingCalls: 0, isServing },
    activeItems: [{ hub: `hub-${count}`, kind: 'activity', count }],
    connections: { busy: count, idle: 0, waiting: 0 },
    quotas: [],
  });

  test('what is about a database has a label, and no series without one', async () => {
    const metrics = createMetrics('1.2.3', undefined, ['default', 'archive']);
    const [main, archive] = [metrics.ofStore('default'), metrics.ofStore('archive')];
    expect(await metrics.render()).toContain('perdura_commit_batch_seconds_count{store="archive"} 0');
    main.commitBatch(3, 3, 0);
    for (const writes of [1, 2]) archive.commitBatch(writes, 3, 0);
    archive.sweepFound('bell', 2);
    main.watch(sampleOf(4, true));
    archive.watch(sampleOf(5, false));
    const text = await metrics.render();
    expect(text).toContain('perdura_commit_batch_writes_sum{store="default"} 3');
    expect(text).toContain('perdura_commit_batch_seconds_count{store="archive"} 2');
    expect(text).toContain('perdura_sweep_finds_total{store="archive",find="bell"} 2');
    expect(text).toContain('perdura_resident_instances{store="default"} 4');
    expect(text).toContain('perdura_database_connections{store="archive",state="busy"} 5');
    expect(text).toContain('perdura_store_serving{store="default"} 1');
    expect(text).toContain('perdura_store_serving{store="archive"} 0');
    expect(text).toContain('perdura_active_items{hub="hub-4",kind="activity"} 4');
    expect(text).toContain('perdura_active_items{hub="hub-5",kind="activity"} 5');
    expect(text).not.toMatch(/^perdura_(resident_instances|waiting_calls|commit_batch_\w+) /m);
  });

  test('the backlog of one replaces only its own', async () => {
    const metrics = createMetrics('1.2.3', undefined, ['default', 'archive']);
    const work = (hub: string) => [{ hub, kind: 'activity', count: 7, oldestSeconds: 1.5 }];
    metrics.ofStore('archive').backlog(work('old'));
    metrics.backlog(work('new'));
    metrics.backlog([]);
    const text = await metrics.render();
    expect(text).toContain('perdura_backlog_items{hub="old",kind="activity"} 7');
    expect(text).not.toContain('hub="new"');
  });
});

test('a store without further ones has no label but where it is about stores', async () => {
  const metrics = createMetrics('1.2.3');
  metrics.ofStore('default').commitBatch(3, 3, 0);
  metrics.ofStore('default').watch(() => ({
    ...{ residentInstances: 4, historyCacheBytes: 0, waitingCalls: 0, isServing: true },
    ...{ activeItems: [], quotas: [], connections: { busy: 1, idle: 2, waiting: 3 } },
  }));
  const text = await metrics.render();
  expect(text).toContain('perdura_resident_instances 4');
  expect(text).toContain('perdura_commit_batch_writes_sum 3');
  expect(text.match(/store="\w+"/g)).toEqual(['store="default"']);
});
