import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MemoryWorker } from '../../test/helpers/engine.ts';
import { instanceState, startedMessage } from '../../test/helpers/factories.ts';
import { codec } from '../protocol/codec.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { Abandons } from './abandons.ts';
import { Activities } from './activities.ts';
import { Clock } from './clock.ts';
import { LeaseExpiry } from './lease-expiry.ts';
import { Orchestrations } from './orchestrations.ts';
import { type Requests } from './requests.ts';
import { type Resident } from './resident.ts';
import { Residents } from './residents.ts';
import { WorkerStreams } from './streams.ts';

const metrics = createMetrics('test');
const LEASE_MS = 10_000;
const GRACE_MS = 3_000;

let streams: WorkerStreams;
let residents: Residents;
let orchestrations: Orchestrations;
let activities: Activities;
let expiry: LeaseExpiry;

beforeEach(() => {
  vi.useFakeTimers();
  const nothing = (): void => undefined;
  const requests: Requests = {
    ...{ applyControl: nothing, release: nothing, fetch: nothing, loadHistory: nothing, claim: nothing },
    ...{ giveUp: nothing, quarantine: nothing, quarantineActivity: nothing, releaseActivities: nothing },
  };
  streams = new WorkerStreams(metrics);
  residents = new Residents(streams);
  orchestrations = new Orchestrations({
    ...{ incarnation: 1, leaseMs: LEASE_MS, maxItemBytes: 1_000_000, codec, metrics },
    clock: new Clock(),
  });
  activities = new Activities({
    ...{ streams, incarnation: 1, leaseMs: 2 * LEASE_MS, maxAttempts: 3, requests, metrics, codec },
    maxItemBytes: 1_000_000,
    abandons: new Abandons(),
  });
  expiry = new LeaseExpiry(orchestrations, activities, GRACE_MS);
});
afterEach(() => {
  vi.useRealTimers();
});

function sendTurn(worker: MemoryWorker, key = 1): Resident {
  const resident = residents.add(instanceState({ key, turn: 0, status: 'pending' }), []);
  resident.hold(startedMessage());
  orchestrations.send(resident, worker.stream);
  return resident;
}

function sendActivity(worker: MemoryWorker, activityKey: number): void {
  activities.send(
    {
      ...{ partition: 7, key: 1, activityKey, generation: 0, taskId: 3, hubId: 1, name: 'Charge' },
      ...{ version: null, effectiveVersion: null, owned: true, request: Buffer.alloc(0) },
      ...{ attempt: 0, readySinceMs: 0 },
    },
    worker.stream,
  );
}

function close(worker: MemoryWorker): void {
  worker.stream.closed();
  expiry.streamClosed(worker.stream);
}

function taken(): { residents: [Resident, string][]; activities: number[] } {
  const over = expiry.take(Clock.monotonicMs());
  return {
    residents: [...over.residents],
    activities: over.activities.map(({ activityKey }) => activityKey),
  };
}

const nobody = { residents: [], activities: [] };

describe('time', () => {
  test('ends the lease of a turn at its deadline, not before', () => {
    const resident = sendTurn(new MemoryWorker(streams));
    vi.advanceTimersByTime(LEASE_MS - 1);
    expect(taken()).toEqual(nobody);
    vi.advanceTimersByTime(1);
    expect(taken()).toEqual({ residents: [[resident, 'its time was over']], activities: [] });
  });

  test('ends leases in the order in which they began, and those alone that are over', () => {
    const worker = new MemoryWorker(streams);
    const first = sendTurn(worker, 1);
    const second = sendTurn(worker, 2);
    vi.advanceTimersByTime(1_000);
    sendTurn(worker, 3);
    vi.advanceTimersByTime(LEASE_MS - 1_000);
    expect(taken().residents.map(([resident]) => resident)).toEqual([first, second]);
  });

  test('counts anew for a turn that went out again', () => {
    const worker = new MemoryWorker(streams);
    const resident = sendTurn(worker, 1);
    vi.advanceTimersByTime(LEASE_MS - 1);
    orchestrations.end(resident);
    orchestrations.send(resident, worker.stream);
    vi.advanceTimersByTime(1);
    expect(taken()).toEqual(nobody);
  });

  test('ends the lease of an activity by its own limit, and takes it', () => {
    const worker = new MemoryWorker(streams);
    sendActivity(worker, 5);
    vi.advanceTimersByTime(2 * LEASE_MS - 1);
    expect(taken()).toEqual(nobody);
    vi.advanceTimersByTime(1);
    expect(taken()).toEqual({ residents: [], activities: [5] });
    expect([taken(), worker.stream.outstanding.activity]).toEqual([nobody, 0]);
  });
});

describe('a stream that is gone', () => {
  test('takes its items with it after the grace, not those of others', () => {
    const [gone, stays] = [new MemoryWorker(streams), new MemoryWorker(streams)];
    const lost = sendTurn(gone, 1);
    sendTurn(stays, 2);
    sendActivity(gone, 5);
    sendActivity(stays, 6);
    close(gone);
    vi.advanceTimersByTime(GRACE_MS - 1);
    expect(taken()).toEqual(nobody);
    vi.advanceTimersByTime(1);
    expect(taken()).toEqual({ residents: [[lost, 'its worker went away']], activities: [5] });
  });

  test('takes nothing with it that was answered within the grace', () => {
    const worker = new MemoryWorker(streams);
    const resident = sendTurn(worker);
    sendActivity(worker, 5);
    close(worker);
    vi.advanceTimersByTime(GRACE_MS - 1);
    orchestrations.end(resident);
    activities.end(5);
    vi.advanceTimersByTime(1);
    expect(taken()).toEqual(nobody);
  });

  test('is judged once: what went out on another stream since then stays', () => {
    const [gone, fresh] = [new MemoryWorker(streams), new MemoryWorker(streams)];
    const resident = sendTurn(gone);
    close(gone);
    vi.advanceTimersByTime(GRACE_MS);
    expect(taken().residents).toHaveLength(1);
    orchestrations.end(resident);
    orchestrations.send(resident, fresh.stream);
    expect(taken()).toEqual(nobody);
  });

  test('and one that went later have each a grace of their own', () => {
    const [first, second] = [new MemoryWorker(streams), new MemoryWorker(streams)];
    const [a, b] = [sendTurn(first, 1), sendTurn(second, 2)];
    close(first);
    vi.advanceTimersByTime(GRACE_MS - 1);
    close(second);
    vi.advanceTimersByTime(1);
    expect(taken().residents.map(([resident]) => resident)).toEqual([a]);
    vi.advanceTimersByTime(GRACE_MS);
    expect(taken().residents.map(([resident]) => resident)).toEqual([b]);
  });

  test('is the reason even when the time is over as well: the last known one', () => {
    const worker = new MemoryWorker(streams);
    sendTurn(worker);
    close(worker);
    vi.advanceTimersByTime(LEASE_MS);
    expect(taken().residents.map(([, reason]) => reason)).toEqual(['its worker went away']);
  });
});
