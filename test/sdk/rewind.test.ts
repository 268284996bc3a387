import {
  HistoryEventType,
  type OrchestrationContext,
  OrchestrationStatus,
  TaskFailedError,
  whenAll,
} from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { Counter, event, Gate, output, type TestHub, useServer, wait } from './hub.ts';

const server = useServer();

/** Activities that count their calls; `broken` are those that fail at present. */
class Steps {
  readonly broken: Set<string>;
  readonly #calls = new Map<string, number>();

  constructor(...broken: string[]) {
    this.broken = new Set(broken);
  }

  readonly step = (_: unknown, name: string) => {
    this.#calls.set(name, this.calls(name) + 1);
    if (this.broken.has(name)) throw new Error(`${name} is broken`);
    return `${name} done`;
  };

  calls(name: string): number {
    return this.#calls.get(name) ?? 0;
  }
}

/** Calls the steps one after the other. */
async function* inTurn(context: OrchestrationContext, names: string[]) {
  const results: unknown[] = [];
  for (const name of names) results.push(yield* wait(context.callActivity('step', name)));
  return results;
}

/** Has the step `only` done by the instance `depth` levels below. */
async function* nest(context: OrchestrationContext, depth: number): AsyncGenerator<unknown, unknown> {
  if (depth === 0) return yield* wait(context.callActivity('step', 'only'));
  const instanceId = `level-${depth - 1}`;
  return yield* wait(context.callSubOrchestrator('nest', depth - 1, { instanceId }));
}

async function expectFailed(hub: TestHub, id: string, message: string): Promise<void> {
  const state = await hub.end(id);
  expect(state.runtimeStatus).toBe(OrchestrationStatus.FAILED);
  expect(state.failureDetails?.message).toContain(message);
}

test('a failed activity runs again, and those that succeeded do not', async () => {
  const hub = server.hub();
  const steps = new Steps('charge');
  await hub.work({ orchestrators: { inTurn }, activities: { step: steps.step } });
  const id = await hub.start('inTurn', ['reserve', 'charge', 'ship']);
  await expectFailed(hub, id, 'charge is broken');

  steps.broken.clear();
  await hub.client.rewindInstance(id, 'the card works again');
  const state = await hub.end(id);

  expect(output(state)).toEqual(['reserve done', 'charge done', 'ship done']);
  expect(state.failureDetails).toBeUndefined();
  expect(['reserve', 'charge', 'ship'].map((name) => steps.calls(name))).toEqual([1, 2, 1]);
});

test('a rewound instance is running as soon as the call returns, and shows nothing of its failure', async () => {
  const hub = server.hub();
  const gate = new Gate();
  let isBroken = true;
  async function* calls(context: OrchestrationContext) {
    return yield* wait(context.callActivity('held'));
  }
  const held = async () => {
    if (isBroken) throw new Error('as planned');
    await gate.opened;
    return 'done';
  };
  await hub.work({ orchestrators: { calls }, activities: { held } });
  const id = await hub.start('calls', 'in', { tags: { team: 'billing' } });
  await expectFailed(hub, id, 'as planned');

  isBroken = false;
  await hub.client.rewindInstance(id, 'repaired');
  const rewound = await hub.state(id);
  gate.open();

  expect(rewound).toMatchObject({
    ...{ runtimeStatus: OrchestrationStatus.RUNNING, serializedInput: '"in"', tags: { team: 'billing' } },
    ...{ failureDetails: undefined, serializedOutput: undefined },
  });
  expect(output(await hub.end(id))).toBe('done');
});

test('an orchestrator that threw goes on from its last step when its code is repaired', async () => {
  const hub = server.hub();
  const steps = new Steps();
  let isBroken = true;
  async function* buggy(context: OrchestrationContext) {
    const first: unknown = yield* wait(context.callActivity('step', 'first'));
    if (isBroken) throw new TypeError('a bug');
    return [first, yield* wait(context.callActivity('step', 'second'))];
  }
  await hub.work({ orchestrators: { buggy }, activities: { step: steps.step } });
  const id = await hub.start('buggy');
  await expectFailed(hub, id, 'a bug');

  isBroken = false;
  await hub.client.rewindInstance(id, 'deployed the fix');

  expect(output(await hub.end(id))).toEqual(['first done', 'second done']);
  expect(steps.calls('first')).toBe(1);
});

test('of a fan-out only what failed runs again', async () => {
  const hub = server.hub();
  const steps = new Steps('s3', 's11', 's17');
  const names = Array.from({ length: 20 }, (_, i) => `s${i}`);
  async function* settled(context: OrchestrationContext, inputs: string[]) {
    const tasks = inputs.map((name) => context.callActivity<string, string>('step', name));
    let failure: unknown;
    for (const task of tasks) {
      try {
        yield* wait(task);
      } catch (error) {
        failure = error;
      }
    }
    if (failure !== undefined) throw failure as Error;
    return tasks.map((task) => task.getResult());
  }
  await hub.work({ orchestrators: { settled }, activities: { step: steps.step } });
  const id = await hub.start('settled', names);
  await expectFailed(hub, id, 'is broken');
  const once = names.map((name) => steps.calls(name));

  steps.broken.clear();
  await hub.client.rewindInstance(id, 'repaired');

  expect(output(await hub.end(id))).toEqual(names.map((name) => `${name} done`));
  expect(once).toEqual(names.map(() => 1));
  expect(names.filter((name) => steps.calls(name) === 2)).toEqual(['s3', 's11', 's17']);
});

test('events and timers that an instance has had are not waited for again', async () => {
  const hub = server.hub();
  const steps = new Steps('late');
  async function* patient(context: OrchestrationContext) {
    const said = yield* event(context, 'go');
    yield* wait(context.createTimer(0.2));
    return [said, yield* wait(context.callActivity('step', 'late'))];
  }
  await hub.work({ orchestrators: { patient }, activities: { step: steps.step } });
  const id = await hub.start('patient');
  await hub.client.raiseOrchestrationEvent(id, 'go', 'once');
  await expectFailed(hub, id, 'late is broken');

  steps.broken.clear();
  await hub.client.rewindInstance(id, 'repaired');

  expect(output(await hub.end(id))).toEqual(['once', 'late done']);
  const kept = (await hub.client.getOrchestrationHistory(id)).map(({ type }) => type);
  for (const type of [HistoryEventType.EventRaised, HistoryEventType.TimerFired]) {
    expect(kept.filter((other) => other === type)).toHaveLength(1);
  }
});

test('failed children are rewound with their parent, however deep, under their ids', async () => {
  const hub = server.hub();
  const steps = new Steps('only');
  await hub.work({ orchestrators: { nest }, activities: { step: steps.step } });
  const id = await hub.start('nest', 3);
  await expectFailed(hub, id, 'only is broken');

  steps.broken.clear();
  await hub.client.rewindInstance(id, 'repaired');

  expect(output(await hub.end(id))).toBe('only done');
  for (const child of ['level-0', 'level-1', 'level-2']) {
    const state = await hub.state(child);
    expect(state.runtimeStatus).toBe(OrchestrationStatus.COMPLETED);
    expect(state.failureDetails).toBeUndefined();
  }
  expect(steps.calls('only')).toBe(2);
});

test('of several children only those that failed are rewound', async () => {
  const hub = server.hub();
  const steps = new Steps('b');
  const started = new Counter();
  async function* parent(context: OrchestrationContext) {
    const children = ['a', 'b', 'c'].map((name) =>
      context.callSubOrchestrator<string[], string[]>('child', [name], { instanceId: name }),
    );
    return (yield* wait(whenAll(children))).flat();
  }
  async function* child(context: OrchestrationContext, names: string[]) {
    if (!context.isReplaying) started.arrive();
    return yield* inTurn(context, names);
  }
  await hub.work({ orchestrators: { parent, child }, activities: { step: steps.step } });
  const id = await hub.start('parent');
  await expectFailed(hub, id, 'b is broken');
  await Promise.all(['a', 'c'].map((name) => hub.end(name)));

  steps.broken.clear();
  await hub.client.rewindInstance(id, 'repaired');

  expect(output(await hub.end(id))).toEqual(['a done', 'b done', 'c done']);
  expect(['a', 'b', 'c'].map((name) => steps.calls(name))).toEqual([1, 2, 1]);
  expect(started.count).toBe(3);
});

test('a failed child that was purged is made again under its id', async () => {
  const hub = server.hub();
  const steps = new Steps('only');
  await hub.work({ orchestrators: { nest }, activities: { step: steps.step } });
  const id = await hub.start('nest', 1);
  await expectFailed(hub, id, 'only is broken');
  await hub.client.purgeOrchestration('level-0');

  steps.broken.clear();
  await hub.client.rewindInstance(id, 'repaired');

  expect(output(await hub.end(id))).toBe('only done');
  expect((await hub.state('level-0')).runtimeStatus).toBe(OrchestrationStatus.COMPLETED);
});

test('a child rewound by itself changes nothing for the parent that went on without it', async () => {
  const hub = server.hub();
  const steps = new Steps('only');
  async function* tolerant(context: OrchestrationContext) {
    try {
      return yield* nest(context, 1);
    } catch (error) {
      if (!(error instanceof TaskFailedError)) throw error;
      return 'went on without';
    }
  }
  await hub.work({ orchestrators: { tolerant, nest }, activities: { step: steps.step } });
  const parent = await hub.run('tolerant');
  expect(output(parent)).toBe('went on without');

  steps.broken.clear();
  await hub.client.rewindInstance('level-0', 'repaired');

  expect(output(await hub.end('level-0'))).toBe('only done');
  expect(await hub.state(parent.instanceId)).toEqual(parent);
});

test('an instance that fails again can be rewound again', async () => {
  const hub = server.hub();
  const steps = new Steps('a', 'b');
  await hub.work({ orchestrators: { inTurn }, activities: { step: steps.step } });
  const id = await hub.start('inTurn', ['a', 'b']);

  for (const name of ['a', 'b']) {
    await expectFailed(hub, id, `${name} is broken`);
    steps.broken.delete(name);
    await hub.client.rewindInstance(id, `repaired ${name}`);
  }

  expect(output(await hub.end(id))).toEqual(['a done', 'b done']);
  expect([steps.calls('a'), steps.calls('b')]).toEqual([2, 2]);
  const history = await hub.client.getOrchestrationHistory(id);
  const reasons = history.flatMap((entry) =>
    entry.type === HistoryEventType.ExecutionRewound ? [entry.reason] : [],
  );
  expect(reasons).toEqual(['repaired a', 'repaired b']);
});

test('what has not failed can not be rewound, and the text says why', async () => {
  const hub = server.hub();
  async function* waitForOne(context: OrchestrationContext) {
    return yield* event(context, 'go');
  }
  await hub.work({ orchestrators: { waitForOne, done: () => 'done' } });
  await hub.run('done', undefined, { instanceId: 'COMPLETED' });
  for (const instanceId of ['RUNNING', 'SUSPENDED', 'TERMINATED']) {
    await hub.start('waitForOne', undefined, { instanceId });
    await hub.hasStatus(instanceId, OrchestrationStatus.RUNNING);
  }
  await hub.client.suspendOrchestration('SUSPENDED');
  await hub.client.terminateOrchestration('TERMINATED');
  await hub.end('TERMINATED');

  for (const id of ['COMPLETED', 'RUNNING', 'SUSPENDED', 'TERMINATED']) {
    const before = await hub.state(id);
    await expect(hub.client.rewindInstance(id, 'why not')).rejects.toThrow(
      new RegExp(`'${id}' state.*not allow`),
    );
    expect(await hub.state(id)).toEqual(before);
  }
  await expect(hub.client.rewindInstance('nobody', 'why not')).rejects.toThrow(/was not found/);
});
