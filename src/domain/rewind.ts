// Rewinding brings a failed instance back (contract §11.3). Its history is what it would be if what failed had not been
// tried: without failed tasks, failed children and the end. Replay then schedules the tasks again by itself; what history
// still holds as pending is made again here, because the end deleted timers, dropped results, and maybe the child was
// purged. Failed children are rewound with it, all in one write: half a tree would wait for ever.

import { assert } from '../lib/assert.ts';
import { frameAll, PAST } from '../protocol/framing.ts';
import { type AnyHistoryEvent, type HistoryEvent, type HistoryEventOf } from '../protocol/messages.ts';
import { addChild, idTaken } from './actions/create-sub-orchestration.ts';
import { addTimer } from './actions/create-timer.ts';
import { addActivity } from './actions/schedule-task.ts';
import { childEnded, isAwaited, toExecution } from './ending.ts';
import { type InstanceId, instanceId } from './ids.ts';
import { type InstanceSnapshot, type InstanceState, isTerminal } from './instance.ts';
import { ranks } from './message.ts';
import { tagsOf, wrapped } from './payload.ts';
import { fromMicros, laterOf, nextTick, toMicrosUp } from './time.ts';
import { type BoundedTools, type Tools } from './tools.ts';
import { newDraft, type TurnDraft } from './turn-draft.ts';
import { type Rewind, type Write } from './write.ts';

/** A failed instance, and its history as encoded events. */
export interface FailedInstance {
  readonly state: InstanceState;
  readonly history: readonly Buffer[];
}

export interface RewindRequest {
  readonly reason: string | null;
  /** The new execution of the instance, and of its parent when the rewind comes from there. */
  readonly executionId: string;
  readonly parentExecutionId: string | null;
}

/** A child that history knows as started and not as completed. */
export interface OpenChild {
  readonly id: InstanceId;
  readonly created: HistoryEventOf<'subOrchestrationInstanceCreated'>;
}

/** The failed instance's history, and what of it a rewind has to look after. */
export interface RewoundHistory {
  readonly kept: readonly { readonly event: AnyHistoryEvent; readonly bytes: Buffer }[];
  readonly children: readonly OpenChild[];
}

/** What stays of a history. */
export function rewoundHistory({ history }: FailedInstance, { codec }: Pick<Tools, 'codec'>): RewoundHistory {
  const events = history.map((bytes) => ({ event: codec.decodeEvent(bytes), bytes }));
  const failed = new Set(
    events.flatMap(({ event }) =>
      event.eventType === 'taskFailed' ? [event.taskFailed.taskScheduledId] : [],
    ),
  );
  const kept = events.filter(({ event }) => isKept(event, failed));
  const answered = idsOf(kept, (event) =>
    event.eventType === 'subOrchestrationInstanceCompleted'
      ? event.subOrchestrationInstanceCompleted.taskScheduledId
      : undefined,
  );
  const children = kept.flatMap(({ event }) =>
    event.eventType === 'subOrchestrationInstanceCreated' &&
    !answered.has(event.eventId) &&
    isAwaited(tagsOf(event.subOrchestrationInstanceCreated.tags))
      ? [{ id: instanceId(event.subOrchestrationInstanceCreated.instanceId), created: event }]
      : [],
  );
  return { kept, children };
}

/**
 * Whether it asked for a lock and the lock was not over: replay would go on inside, without it (entities §1.10). Unlocks
 * before the grant don't count: .NET sends them when it fails, and the request may still be on its way.
 */
export function isInCriticalSection({ kept }: RewoundHistory): boolean {
  const open = new Set<string>();
  const granted = new Set<string>();
  for (const { event } of kept) {
    if (event.eventType === 'entityLockRequested') {
      const { criticalSectionId, lockSet } = event.entityLockRequested;
      for (const id of lockSet) open.add(`${criticalSectionId} ${id}`);
    } else if (event.eventType === 'entityLockGranted') {
      granted.add(event.entityLockGranted.criticalSectionId);
    } else if (event.eventType === 'entityUnlockSent') {
      const { criticalSectionId, targetInstanceId } = event.entityUnlockSent;
      const isOver = granted.has(criticalSectionId);
      if (isOver) open.delete(`${criticalSectionId} ${targetInstanceId?.value ?? ''}`);
    }
  }
  return open.size > 0;
}

function isKept(event: AnyHistoryEvent, failed: ReadonlySet<number>): boolean {
  switch (event.eventType) {
    case 'taskFailed':
    case 'subOrchestrationInstanceFailed':
    case 'executionCompleted':
      return false;
    case 'taskScheduled':
      return !failed.has(event.eventId);
    default:
      return true;
  }
}

function idsOf(
  events: RewoundHistory['kept'],
  idOf: (event: AnyHistoryEvent) => number | undefined,
): ReadonlySet<number> {
  return new Set(events.map(({ event }) => idOf(event)).filter((id) => id !== undefined));
}

/** Whether a child is a failed one of this instance's, to be rewound with it. */
export function isRewoundWith(
  { state }: FailedInstance,
  { created }: OpenChild,
  child: InstanceSnapshot | undefined,
): child is InstanceSnapshot {
  return child?.status === 'failed' && isChildOf(child, state, created.eventId);
}

function isChildOf({ parent }: InstanceSnapshot, { key }: InstanceState, taskId: number): boolean {
  return parent?.key === key && parent.taskId === taskId;
}

/** What is to be written for one instance of the tree. `childOf` tells what its open children are like now. */
export function rewindInstance(
  failed: FailedInstance,
  history: RewoundHistory,
  request: RewindRequest,
  {
    childOf,
    tools,
  }: { readonly childOf: (id: InstanceId) => InstanceSnapshot | undefined; readonly tools: BoundedTools },
): Write & { readonly rewind: Rewind } {
  const { state } = failed;
  assert(state.status === 'failed', 'only failed instances are rewound');
  const at = laterOf(tools.now, nextTick(fromMicros(state.updatedAt)));
  const rewound = { ...state, executionId: request.executionId, status: 'running' as const };
  const draft = newDraft({ state: rewound, tools, at, isRenewing: false });
  addPending(draft, history);
  for (const child of history.children) addOpenChild(draft, child, childOf(child.id));
  const wake = { rank: ranks.arrived, kind: 'wake', event: Buffer.alloc(0) } as const;
  draft.messages.push({ ...toExecution(state, wake.event), message: wake });
  const { activities, timers, instances, messages } = draft;
  const awaited = history.children.flatMap(({ id, created }) => {
    const child = childOf(id);
    return child && isChildOf(child, state, created.eventId) && !isTerminal(child.status) ? [child] : [];
  });
  const rewind = { ...patchOf(draft, history, request), pendingActivities: activities, awaited };
  return { rewind, timers, instances, messages };
}

/** Tasks and timers that nothing has answered. */
function addPending(draft: TurnDraft, { kept }: RewoundHistory): void {
  const done = idsOf(kept, (event) =>
    event.eventType === 'taskCompleted' ? event.taskCompleted.taskScheduledId : undefined,
  );
  const fired = idsOf(kept, (event) =>
    event.eventType === 'timerFired' ? event.timerFired.timerId : undefined,
  );
  for (const { event } of kept) {
    if (event.eventType === 'taskScheduled' && !done.has(event.eventId)) {
      addActivity(draft, event.eventId, event.taskScheduled);
    } else if (event.eventType === 'timerCreated' && !fired.has(event.eventId)) {
      addTimer(draft, event.eventId, event.timerCreated.fireAt ?? draft.at);
    }
  }
}

/**
 * Purged ones are made again, under their ids. One that ended otherwise while its parent was failed tells its result
 * now; running ones will tell it, failed ones are rewound by themselves.
 */
function addOpenChild(
  draft: TurnDraft,
  { id, created }: OpenChild,
  child: InstanceSnapshot | undefined,
): void {
  const { state, tools, at, messages } = draft;
  const taskId = created.eventId;
  if (child === undefined) {
    addChild(draft, taskId, id, created.subOrchestrationInstanceCreated);
  } else if (!isChildOf(child, state, taskId)) {
    messages.push(toExecution(state, idTaken(draft, taskId, id)));
  } else if (isTerminal(child.status) && child.status !== 'failed') {
    const ending = { status: child.status, output: child.output };
    messages.push(toExecution(state, childEnded({ id, taskId }, ending, at, tools.codec)));
  }
}

function patchOf(
  { state, tools, at }: TurnDraft,
  { kept }: RewoundHistory,
  { reason, parentExecutionId }: RewindRequest,
): Omit<Rewind, 'pendingActivities' | 'awaited'> {
  const { codec } = tools;
  const { partition, key, turn, executionId } = state;
  const mark = codec.encodeEvent({
    eventId: -1,
    timestamp: at,
    executionRewound: { reason: wrapped(reason), parentExecutionId: wrapped(parentExecutionId) },
  });
  const events = kept.map(({ event, bytes }) =>
    event.eventType === 'executionStarted'
      ? restamped(event, { executionId, parentExecutionId }, tools)
      : bytes,
  );
  return {
    ...{ partition, key, turn, executionId },
    updatedAt: toMicrosUp(at),
    history: frameAll([...events, mark], PAST),
    parentWire: rewoundParent(state, parentExecutionId, tools),
  };
}

/** ExecutionStarted of the new execution. */
function restamped(
  event: HistoryEvent & { eventType: 'executionStarted' },
  {
    executionId,
    parentExecutionId,
  }: { readonly executionId: string; readonly parentExecutionId: string | null },
  { codec }: Pick<Tools, 'codec'>,
): Buffer {
  const { executionStarted } = event;
  const { orchestrationInstance, parentInstance } = executionStarted;
  const parent = parentInstance?.orchestrationInstance;
  return codec.encodeEvent({
    ...event,
    executionStarted: {
      ...executionStarted,
      orchestrationInstance: { ...orchestrationInstance, executionId: { value: executionId } },
      parentInstance:
        parentInstance && parent && parentExecutionId !== null
          ? {
              ...parentInstance,
              orchestrationInstance: { ...parent, executionId: { value: parentExecutionId } },
            }
          : parentInstance,
    },
  });
}

function rewoundParent(
  { parent }: InstanceState,
  parentExecutionId: string | null,
  { codec }: Pick<Tools, 'codec'>,
): Buffer | null {
  if (!parent || parentExecutionId === null) return parent?.wire ?? null;
  const info = codec.decode('ParentInstanceInfo', parent.wire);
  return codec.encode('ParentInstanceInfo', {
    ...info,
    orchestrationInstance: { ...info.orchestrationInstance, executionId: { value: parentExecutionId } },
  });
}
