import { expect, test } from 'vitest';
import { type Quotas } from '../domain/quota.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { HubQuotas } from './hub-quotas.ts';
import { type Demand, type HubUse } from './hub-use.ts';
import { WorkerStreams } from './streams.ts';

const demand: Demand = { instances: 1, bytes: 10, pending: 1, payload: null };

function quotas(defaults: Quotas = {}) {
  const streams = new WorkerStreams(createMetrics('test'));
  return { streams, quotas: new HubQuotas(defaults, streams) };
}

const own = (hubId: number, set: Quotas) => ({ hubId, hub: `hub-${hubId}`, own: set });

/** Calls that are admitted at that moment. */
function admitted(use: HubUse | undefined, nowMs: number): number {
  for (let count = 0; count < 1_000; count++) if (use?.refuses(demand, nowMs)) return count;
  return Infinity;
}

test('a hub without quotas has none; the server’s count where it has none of its own, and 0 is no limit', () => {
  expect(quotas().quotas.of(1, 'hub-1', 0)).toBeUndefined();
  const { quotas: set } = quotas({ 'actions-per-second': 3, instances: 5 });
  set.learn([own(2, { 'actions-per-second': 7 }), own(3, { 'actions-per-second': 0 })], 0);
  expect([1, 2, 3].map((hubId) => admitted(set.of(hubId, `hub-${hubId}`, 0), 0))).toEqual([3, 7, Infinity]);
  expect([1, 2, 3].map((hubId) => set.of(hubId, '', 0)?.limitOf('instances'))).toEqual([5, 5, 5]);
});

test('replicas share a rate, and what one holds is not given out twice when others come', () => {
  const { quotas: set } = quotas();
  set.learn([own(1, { 'actions-per-second': 10 })], 0);
  set.shareAmong(2, 0);
  expect(admitted(set.of(1, '', 0), 0)).toBe(5);
  expect(admitted(set.of(1, '', 1_000), 1_000)).toBe(5);
  set.shareAmong(1, 1_000);
  expect(admitted(set.of(1, '', 2_000), 2_000)).toBe(10);
});

test('a hub that overdraws its rate is held until the time has paid for it; others are not', () => {
  const { quotas: set, streams } = quotas();
  set.learn([own(1, { 'actions-per-second': 10 }), own(2, { 'actions-per-second': 10 })], 0);
  set.spend(1, 'hub-1', 30, 0);
  set.spend(2, 'hub-2', 10, 0);
  set.spend(3, 'hub-3', 1_000_000, 0);
  expect([...streams.held]).toEqual([1]);
  expect(set.letGo(1_999)).toBe(0);
  expect(set.letGo(2_000)).toBe(1);
  expect([...streams.held]).toEqual([]);
});

test('a hub that is held is let go when its quota is taken back, or when it is gone', () => {
  const { quotas: set, streams } = quotas();
  set.learn([own(1, { 'actions-per-second': 1 })], 0);
  set.spend(1, 'hub-1', 1_000, 0);
  expect([...streams.held]).toEqual([1]);
  set.learn([], 1);
  expect([...streams.held]).toEqual([]);
});

test('what is measured last is due last, and hubs that nobody asks for are not measured', () => {
  const { quotas: set } = quotas({ instances: 5 });
  const [one, two] = [set.of(1, 'a', 0), set.of(2, 'b', 0)];
  const next = (nowMs: number): number | undefined => {
    const tally = set.nextDue(nowMs);
    if (tally) {
      for (let slice = tally.slice(nowMs); ; slice = tally.slice(nowMs)) {
        tally.measured(slice, 0, 0, nowMs);
        if (slice.to === 256) break;
      }
    }
    return tally?.hubId;
  };
  expect([next(1), next(2), next(3)]).toEqual([1, 2, undefined]);
  expect(next(20_000)).toBeUndefined();
  for (const use of [two, one]) use?.refuses(demand, 20_000);
  expect([next(20_001), next(20_002), next(20_003)]).toEqual([1, 2, undefined]);
});

test('a hub with the server’s quotas alone is forgotten when it is idle, one with its own is not', () => {
  const { quotas: set } = quotas({ 'payload-bytes': 5 });
  set.learn([own(2, { instances: 1 })], 0);
  set.of(1, 'hub-1', 0)?.refuses(demand, 0);
  set.learn([own(2, { instances: 1 })], 61_000);
  expect(set.sample().map(({ hub }) => hub)).toEqual(['hub-2']);
});
