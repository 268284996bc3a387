import { type TaskFailureDetails, type Timestamp } from '../protocol/messages.ts';
import { type Codec, type MessageInput } from '../protocol/codec.ts';
import { PAST, frameAll } from '../protocol/framing.ts';
import { type InstanceKey } from './ids.ts';
import { type InstanceState, type TerminalStatus } from './instance.ts';
import { type Message, ranks } from './message.ts';
import { wrapped } from './payload.ts';
import { toMicrosUp } from './time.ts';
import { releaseAll } from './entity-locks.ts';
import { type Tools } from './tools.ts';
import { type EndPatch, type EntityMessage, type NewMessage } from './write.ts';
import { unreachable } from '../lib/assert.ts';
import { wireStatuses } from './wire-status.ts';

/** A child with this tag has a parent that does not wait for it (contract §9.3). */
const FIRE_AND_FORGET = 'FireAndForget';

type Failure = MessageInput<'TaskFailureDetails'>;

/** How an instance ends. */
export type Ending =
  | { readonly status: Exclude<TerminalStatus, 'failed'>; readonly output: string | null }
  | { readonly status: 'failed'; readonly output: string | null; readonly failure: Failure };

export interface EndedTurn {
  readonly consumed: readonly Message[];
  /** Encoded events of the last history row, without ExecutionCompleted, which is added. */
  readonly events: readonly Buffer[];
  readonly customStatus: string | null;
  readonly dropsActivities: boolean;
  /** Id of the action that completed it; undefined when the server ends it. Seen by readers only. */
  readonly actionId?: number | undefined;
  /** At or after the timestamps of all events. */
  readonly endedAt: Timestamp;
}

/** What ends an instance: its patch, the message to the parent that waits for it, and the release of its locks. */
export function endInstance(
  state: InstanceState,
  ending: Ending,
  turn: EndedTurn,
  { ids, codec }: Pick<Tools, 'ids' | 'codec'>,
): {
  readonly patch: EndPatch;
  readonly messages: readonly NewMessage[];
  readonly entityMessages: readonly EntityMessage[];
} {
  const { partition, key } = state;
  const { consumed, customStatus, dropsActivities, actionId, endedAt } = turn;
  const completed = codec.encodeEvent({
    eventId: actionId ?? -1,
    timestamp: endedAt,
    executionCompleted: {
      orchestrationStatus: wireStatuses[ending.status],
      result: wrapped(ending.output),
      failureDetails: ending.status === 'failed' ? ending.failure : null,
    },
  });
  const patch: EndPatch = {
    kind: 'end',
    partition,
    key,
    turn: state.turn,
    consumed,
    customStatus,
    dropsActivities,
    updatedAt: Math.max(state.updatedAt, toMicrosUp(endedAt)),
    status: ending.status,
    history: frameAll([...turn.events, completed], PAST),
    output: ending.output,
    failure: ending.status === 'failed' ? codec.encode('TaskFailureDetails', ending.failure) : null,
  };
  return {
    patch,
    messages: toParent(state, ending, endedAt, codec),
    entityMessages: releaseAll(state, { now: endedAt, ids, codec }),
  };
}

/** Whether the parent of such a child gets its result. */
export function isAwaited(tags: InstanceState['tags']): boolean {
  return tags === null || !Object.hasOwn(tags, FIRE_AND_FORGET);
}

/** Encoded SubOrchestrationInstanceFailed. */
export function childFailed(
  taskScheduledId: number,
  failure: Failure,
  timestamp: Timestamp,
  codec: Codec,
): Buffer {
  return codec.encodeEvent({
    eventId: -1,
    timestamp,
    subOrchestrationInstanceFailed: { taskScheduledId, failureDetails: failure },
  });
}

/** Worker's failure details, or what stands for them: readers rely on there being some. */
export function failureOf(details: TaskFailureDetails | null, output: string | null): Failure {
  if (details) return details;
  return {
    errorType: 'OrchestrationFailed',
    errorMessage: output ?? 'the orchestration failed without details',
  };
}

/** A child's result for one execution of its parent: dropped when that is over. */
export function toExecution(
  { partition, key, generation }: InstanceKey & { readonly generation: number },
  event: Buffer,
): NewMessage {
  return {
    to: { by: 'key', partition, key, generation },
    message: { rank: ranks.arrived, kind: 'childResult', event },
    isFromClient: false,
  };
}

function toParent(
  { id, parent, tags }: InstanceState,
  ending: Ending,
  at: Timestamp,
  codec: Codec,
): NewMessage[] {
  if (!parent || !isAwaited(tags)) return [];
  return [toExecution(parent, childEnded({ id, taskId: parent.taskId }, ending, at, codec))];
}

/** What a parent is told of a child's end, encoded. */
export function childEnded(
  { id, taskId }: { readonly id: string; readonly taskId: number },
  ending: Ending,
  at: Timestamp,
  codec: Codec,
): Buffer {
  switch (ending.status) {
    case 'completed':
      return childCompleted(taskId, ending.output, at, codec);
    case 'failed':
      return childFailed(taskId, ending.failure, at, codec);
    case 'terminated':
      return childFailed(taskId, terminated(id, ending.output), at, codec);
    default:
      return unreachable(ending);
  }
}

function childCompleted(
  taskScheduledId: number,
  result: string | null,
  timestamp: Timestamp,
  codec: Codec,
): Buffer {
  return codec.encodeEvent({
    eventId: -1,
    timestamp,
    subOrchestrationInstanceCompleted: { taskScheduledId, result: wrapped(result) },
  });
}

function terminated(id: string, reason: string | null): Failure {
  const errorMessage = `the sub-orchestration '${id}' was terminated${reason === null ? '' : `: ${reason}`}`;
  return { errorType: 'OrchestrationTerminated', errorMessage, isNonRetriable: false };
}
