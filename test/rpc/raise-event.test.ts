import { expect, test } from 'vitest';
import { type Timestamp } from '../../src/protocol/messages.ts';
import { statusNamed } from '../helpers/client.ts';
import { complete, continueAsNew, eventOf, fromNow, raisedIn } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';

const { hub } = useServer();
const nanosOf = ({ seconds, nanos }: Timestamp): bigint => BigInt(seconds) * 1_000_000_000n + BigInt(nanos);

// §5.1: matching names is the SDK's business.
test('an event reaches the worker with its name and payload as sent', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([]);
  await orders.raise(id, 'Größe OK', '{"n": 1}');
  const item = await worker.turn();
  expect(item.news).toEqual(['orchestratorStarted', 'eventRaised']);
  expect(eventOf(item, 'eventRaised')).toMatchObject({
    eventId: -1,
    eventRaised: { name: 'Größe OK', input: { value: '{"n": 1}' } },
  });
});

test('a payload may be absent, and the text null is one', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([]);
  await orders.raise(id, 'go');
  expect(eventOf(await worker.play([]), 'eventRaised').eventRaised.input).toBeNull();
  await orders.raise(id, 'go', 'null');
  expect(eventOf(await worker.play([]), 'eventRaised').eventRaised.input).toEqual({ value: 'null' });
});

test('events raised before the first turn come after ExecutionStarted, in order', async () => {
  const orders = hub();
  const id = await orders.start();
  for (let n = 0; n < 10; n++) await orders.raise(id, `e${n}`);
  const worker = await orders.worker();
  const item = await worker.turn();
  expect(item.news.slice(0, 2)).toEqual(['orchestratorStarted', 'executionStarted']);
  expect(raisedIn(item)).toEqual(['e0', 'e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7', 'e8', 'e9']);
});

test('an event for an instance that is scheduled for later waits with it', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start({ scheduledStartTimestamp: fromNow(500) });
  await orders.raise(id, 'early');
  expect(await orders.status(id)).toBe(statusNamed('PENDING'));
  const item = await worker.turn();
  expect(item.news).toEqual(['orchestratorStarted', 'executionStarted', 'eventRaised']);
});

// Java keeps events in a set of messages.
test('equal events are all delivered, each at a time of its own (orchestrations §1.26)', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const first = await worker.turn();
  await Promise.all(Array.from({ length: 20 }, () => orders.raise(id, 'same', '1')));
  await worker.answer(first, []);
  const { request } = await worker.turn();
  const times = request.newEvents.flatMap((event) =>
    event.eventType === 'eventRaised' && event.timestamp ? [nanosOf(event.timestamp)] : [],
  );
  expect(times).toHaveLength(20);
  expect(new Set(times).size).toBe(20);
  expect(times).toEqual(times.toSorted((a, b) => (a < b ? -1 : 1)));
});

test('an event that arrives while a turn is out comes with the next one', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  const item = await worker.turn();
  await orders.raise(id, 'meanwhile');
  await worker.answer(item, []);
  expect(raisedIn(await worker.turn())).toEqual(['meanwhile']);
});

// §10.1: the orchestrator never saw it, so nobody may lose it.
test('events that arrive during a turn that continues as new reach the next generation, every one (orchestrations §1.21)', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start({ input: { value: '0' } });
  const seen: string[] = [];
  for (let generation = 0; generation < 5; generation++) {
    const item = await worker.turn();
    seen.push(...raisedIn(item));
    await orders.raise(id, `g${generation}a`);
    await orders.raise(id, `g${generation}b`);
    await worker.answer(item, [continueAsNew(String(generation + 1))]);
  }
  seen.push(...raisedIn(await worker.turn()));
  expect(seen).toEqual(['g0a', 'g0b', 'g1a', 'g1b', 'g2a', 'g2b', 'g3a', 'g3b', 'g4a', 'g4b']);
});

test('an event for an unknown instance is dropped', async () => {
  const orders = hub();
  const worker = await orders.worker();
  await orders.raise('later', 'lost');
  await orders.start({ instanceId: 'later' });
  expect(raisedIn(await worker.turn())).toEqual([]);
});

test('an event for an instance that has ended is dropped, also for whoever has the id next', async () => {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start();
  await worker.play([complete('1')]);
  await orders.completed(id);
  await orders.raise(id, 'late');
  expect((await orders.get(id)).output).toEqual({ value: '1' });
  await orders.start({ instanceId: id });
  expect(raisedIn(await worker.turn())).toEqual([]);
});

// §15.
test('an event for an entity-shaped id is dropped', async () => {
  await expect(hub().raise('@counter@1', 'go')).resolves.toBeUndefined();
});

test('an event reaches the instance of its own hub only', async () => {
  const [mine, yours] = [hub(), hub()];
  const worker = await yours.worker();
  const id = await mine.start();
  await yours.start({ instanceId: id });
  await worker.play([]);
  await mine.raise(id, 'mine');
  await yours.raise(id, 'yours');
  expect(raisedIn(await worker.turn())).toEqual(['yours']);
});
