import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { type MessageInput } from '../../src/protocol/codec.ts';
import { type TestHub } from '../helpers/client.ts';
import { callAction, lockAction, signal, success, unlockAction } from '../helpers/entities.ts';
import {
  type ActivityItem,
  complete,
  createChild,
  createTimer,
  fromNow,
  raisedIn,
  scheduleTask,
  type ScriptedWorker,
  type TurnItem,
} from '../helpers/scripted-worker.ts';
import { historyOf } from './history.ts';

type Action = MessageInput<'OrchestratorAction'>;

/** How long what waits for a time has to wait. */
const LATER_MS = 4_000;

/** What each instance ends with, once it may go on. */
const outputs = {
  done: '"out"',
  activity: '"charged"',
  timer: '"fired"',
  event: '["early"]',
  parent: '"from the child"',
  child: '"a child"',
  orphan: '"alone"',
  suspended: '["later"]',
  scheduled: '"scheduled"',
  holder: '"held"',
  waiter: '"held"',
  caller: '"called"',
} as const;
type Id = keyof typeof outputs;
const ids = Object.keys(outputs) as Id[];

/** What workers hold of the hub, and its clients' calls that may be repeated. */
export interface Populated {
  readonly turns: readonly TurnItem[];
  readonly activity: ActivityItem;
  readonly repeated: MessageInput<'SignalEntityRequest'>;
}

/** Fills a hub with instances and entities in every state that lasts. */
export async function populate(orders: TestHub): Promise<Populated> {
  const worker = await orders.worker();
  const start = async (id: Id, rest: MessageInput<'CreateInstanceRequest'> = {}): Promise<TurnItem> => {
    await orders.start({ instanceId: id, ...rest });
    return worker.turn();
  };
  const play = async (id: Id, actions: readonly Action[]): Promise<void> => {
    await worker.answer(await start(id), actions);
  };
  const details = { input: { value: '"in"' }, version: { value: '1.2' }, tags: { team: 'a' } };
  await worker.answer(await start('done', details), [complete(outputs.done)], {
    customStatus: { value: '"status"' },
  });
  await play('activity', [scheduleTask(1, 'Charge', { input: { value: '7' } })]);
  const activity = await worker.activity();
  await play('timer', [createTimer(1, fromNow(LATER_MS))]);
  const event = await start('event');
  await orders.raise('event', 'early');
  await play('parent', [createChild(1, { instanceId: 'child' })]);
  const child = await worker.turn();
  await orders.start({ instanceId: 'gone' });
  await worker.play([createChild(1, { instanceId: 'orphan' })]);
  const orphan = await worker.turn();
  await orders.terminate('gone');
  await orders.completed('gone');
  await orders.client.call('PurgeInstances', { instanceId: 'gone' });
  await play('suspended', []);
  await orders.suspend('suspended', 'for now');
  await orders.raise('suspended', 'later');
  await orders.start({ instanceId: 'scheduled', scheduledStartTimestamp: fromNow(LATER_MS) });
  await play('holder', [lockAction(1, 's', '@a@1', '@b@1')]);
  const holder = await worker.turn();
  await play('waiter', [lockAction(1, 't', '@b@1')]);
  await play('caller', [callAction(1, '@a@1', 'called')]);
  await signal(orders, '@a@1', 'signaled');
  await signal(orders, '@d@1', 'delayed', { scheduledTime: fromNow(LATER_MS) });
  const repeated = {
    instanceId: '@c@1',
    name: 'repeated',
    requestId: 'fb9f4a6c-30c0-4d21-8f5a-0f6a2f5f6a01',
  };
  await orders.client.call('SignalEntity', repeated);
  await worker.playBatch('5');
  return { turns: [event, child, orphan, holder], activity, repeated };
}

/** All that clients can see of it. */
export async function everythingOf(orders: TestHub): Promise<unknown> {
  const all = { query: { fetchInputsAndOutputs: true } };
  const { orchestrationState: instances } = await orders.client.call('QueryInstances', all);
  const query = { includeState: true, includeTransient: true };
  const { entities } = await orders.client.call('QueryEntities', { query });
  const histories = await Promise.all(instances.map(({ instanceId }) => historyOf(orders, instanceId)));
  expect(instances.map(({ instanceId }) => instanceId).toSorted()).toEqual(ids.toSorted());
  return { instances, entities, histories };
}

/** Plays everything to its end, and sees that it is the right one. */
export async function finish(orders: TestHub, { repeated }: Populated): Promise<void> {
  const worker = await orders.worker();
  await orders.client.call('SignalEntity', repeated);
  await orders.resume('suspended');
  const batches = new Map<string, string[]>();
  const ended = Promise.all(ids.map((id) => orders.completed(id)));
  const isOver = ended.then(() => true);
  isOver.catch(() => undefined);
  while (!(await Promise.race([isOver, pause(10, false)]))) await playWhatCame(worker, batches);
  const results = (await ended).map(({ instanceId, output }) => [instanceId, output?.value]);
  expect(Object.fromEntries(results)).toEqual(outputs);
  while ((batches.get('@d@1')?.length ?? 0) === 0) {
    await pause(50);
    await playWhatCame(worker, batches);
  }
  expect(Object.fromEntries(batches)).toEqual({ '@a@1': ['called', 'signaled'], '@d@1': ['delayed'] });
  for (const id of ['@a@1', '@b@1']) {
    await expect.poll(async () => (await lockedBy(orders)).get(id)).toBeUndefined();
  }
}

async function lockedBy(orders: TestHub): Promise<Map<string, string | undefined>> {
  const { entities } = await orders.client.call('QueryEntities', { query: { includeTransient: true } });
  return new Map(entities.map(({ instanceId, lockedBy: holder }) => [instanceId, holder?.value]));
}

async function playWhatCame(worker: ScriptedWorker, batches: Map<string, string[]>): Promise<void> {
  while (worker.count('activity') > 0) {
    const activity = await worker.activity();
    await worker.completeActivity(activity, { result: { value: '1' } });
  }
  while (worker.count('orchestration') > 0) {
    const turn = await worker.turn();
    await worker.answer(turn, answerOf(turn));
  }
  while (worker.count('entity') > 0) {
    const batch = await worker.batch();
    batches.set(batch.instanceId, [...(batches.get(batch.instanceId) ?? []), ...batch.operations]);
    await worker.completeBatch(batch, {
      results: batch.operations.map(() => success()),
      entityState: { value: '1' },
    });
  }
}

/** The event that each of them waits for, and what it does besides ending when that has come. */
const awaited: Partial<Record<Id, { readonly event: string; readonly actions?: readonly Action[] }>> = {
  activity: { event: 'taskCompleted' },
  timer: { event: 'timerFired' },
  parent: { event: 'subOrchestrationInstanceCompleted' },
  event: { event: 'eventRaised' },
  suspended: { event: 'eventRaised' },
  holder: {
    event: 'entityLockGranted',
    actions: [unlockAction(2, 's', '@a@1'), unlockAction(3, 's', '@b@1')],
  },
  waiter: { event: 'entityLockGranted' },
  caller: { event: 'entityOperationCompleted' },
};

function answerOf(turn: TurnItem): Action[] {
  const id = turn.instanceId as Id;
  const { event, actions = [] } = awaited[id] ?? {};
  if (event !== undefined && !turn.news.includes(event)) return [];
  return [...actions, complete(event === 'eventRaised' ? JSON.stringify(raisedIn(turn)) : outputs[id])];
}
