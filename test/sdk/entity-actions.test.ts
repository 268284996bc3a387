import {
  EntityInstanceId,
  type OrchestrationContext,
  OrchestrationStatus,
  TaskEntity,
} from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { eventually, journal, journals, stateOf } from './entities.ts';
import { event, output, type TestHub, useServer } from './hub.ts';

const server = useServer();

test('an entity signals another one and itself', async () => {
  const hub = server.hub();
  class Relay extends TaskEntity<{ seen: number }> {
    override initializeState() {
      return { seen: 0 };
    }

    pass(hops: number): void {
      this.state.seen += 1;
      this.context?.signalEntity(journal('x'), 'note', hops);
      if (hops > 0) this.context?.signalEntity(new EntityInstanceId('relay', 'r'), 'pass', hops - 1);
    }
  }
  await hub.work({ entities: { ...journals, relay: () => new Relay() } });

  await hub.client.signalEntity(new EntityInstanceId('relay', 'r'), 'pass', 3);

  await eventually(() => stateOf(hub, journal('x'))).toEqual([3, 2, 1, 0]);
  expect(await stateOf(hub, new EntityInstanceId('relay', 'r'))).toEqual({ seen: 4 });
});

class Starter extends TaskEntity<string[]> {
  override initializeState(): string[] {
    return [];
  }

  start({ name, ...options }: { name: string; instanceId?: string; input?: unknown }): void {
    this.state.push(this.context?.scheduleNewOrchestration(name, options.input, options) ?? '');
  }
}

const starters = { starter: () => new Starter() };
const starter = new EntityInstanceId('starter', 'x');

test('an entity starts an orchestration, which has no parent and whose end the entity does not hear of', async () => {
  const hub = server.hub();
  const child = (context: OrchestrationContext, input: unknown) => [input, context.parent ?? 'no parent'];
  await hub.work({ orchestrators: { child }, entities: starters });

  await hub.client.signalEntity(starter, 'start', { name: 'child', input: 7 });
  await hub.client.signalEntity(starter, 'start', { name: 'child', input: 8, instanceId: 'chosen' });

  await eventually(() => stateOf(hub, starter)).toHaveLength(2);
  const [first = '', second] = (await stateOf(hub, starter)) as string[];
  expect(output(await hub.end(first))).toEqual([7, 'no parent']);
  expect(second).toBe('chosen');
  expect(output(await hub.end('chosen'))).toEqual([8, 'no parent']);
});

test('an entity that starts an id again leaves a running instance alone and replaces a finished one', async () => {
  const hub = server.hub();
  async function* waits(context: OrchestrationContext, input: unknown) {
    return [input, yield* event(context, 'go')];
  }
  await hub.work({ orchestrators: { waits }, entities: starters });
  const start = (input: string) =>
    hub.client.signalEntity(starter, 'start', { name: 'waits', input, instanceId: 'one' });

  await start('first');
  await start('dropped');
  await eventually(() => stateOf(hub, starter)).toHaveLength(2);
  await hub.client.raiseOrchestrationEvent('one', 'go', 1);
  expect(output(await hub.end('one'))).toEqual(['first', 1]);

  await start('second');
  await hub.hasStatus('one', OrchestrationStatus.RUNNING);
  await hub.client.raiseOrchestrationEvent('one', 'go', 2);
  expect(output(await hub.end('one'))).toEqual(['second', 2]);
});

/** The times at which its operations ran. */
class Clock extends TaskEntity<number[]> {
  override initializeState(): number[] {
    return [];
  }

  tick(): void {
    this.state.push(Date.now());
  }

  /** Has itself signalled later, and keeps when that is due. */
  wind(milliseconds: number): void {
    const due = Date.now() + milliseconds;
    this.context?.signalEntity(clock, 'tick', undefined, { signalTime: new Date(due) });
    this.state.push(due);
  }
}

const clocks = { clock: () => new Clock() };
const clock = new EntityInstanceId('clock', 'x');

/** What the clock says, once it has so many times. */
async function times(hub: TestHub, count: number): Promise<number[]> {
  await eventually(() => stateOf(hub, clock)).toHaveLength(count);
  return (await stateOf(hub, clock)) as number[];
}

test('a delayed signal of a client comes when it is due, and later signals before it', async () => {
  const hub = server.hub();
  await hub.work({ entities: { ...journals, ...clocks } });
  const due = Date.now() + 700;
  await hub.client.signalEntity(journal('x'), 'note', 'late', { signalTime: new Date(due) });
  await hub.client.signalEntity(clock, 'tick', undefined, { signalTime: new Date(due) });
  await hub.client.signalEntity(journal('x'), 'note', 'early');
  await hub.client.signalEntity(journal('x'), 'note', 'past', { signalTime: new Date(due - 3_600_000) });

  await eventually(() => stateOf(hub, journal('x'))).toEqual(['early', 'past', 'late']);
  expect((await times(hub, 1))[0]).toBeGreaterThanOrEqual(due);
});

test('a delayed signal of an orchestration outlives it and comes when it is due', async () => {
  const hub = server.hub();
  const sender = (context: OrchestrationContext) => {
    const due = context.currentUtcDateTime.getTime() + 500;
    context.entities.signalEntity(clock, 'tick', undefined, { signalTime: new Date(due) });
    return due;
  };
  await hub.work({ orchestrators: { sender }, entities: clocks });

  const due = output(await hub.run('sender')) as number;

  expect((await times(hub, 1))[0]).toBeGreaterThanOrEqual(due);
});

test('a delayed signal of an entity to itself comes when it is due', async () => {
  const hub = server.hub();
  await hub.work({ entities: clocks });

  await hub.client.signalEntity(clock, 'wind', 500);

  const [due = Infinity, was] = await times(hub, 2);
  expect(was).toBeGreaterThanOrEqual(due);
});
