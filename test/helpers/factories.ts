import { instanceId, type Ids } from '../../src/domain/ids.ts';
import { type InstanceState } from '../../src/domain/instance.ts';
import { type Bounds } from '../../src/domain/limits.ts';
import { type Message, ranks } from '../../src/domain/message.ts';
import { applyActions, type TurnOutcome } from '../../src/domain/apply-actions.ts';
import { type BoundedTools } from '../../src/domain/tools.ts';
import { buildTurn, type Turn } from '../../src/domain/turn.ts';
import { type Patch } from '../../src/domain/write.ts';
import { codec, type MessageInput } from '../../src/protocol/codec.ts';
import { unframe } from '../../src/protocol/framing.ts';
import {
  type AnyHistoryEvent,
  type OrchestratorResponse,
  type Timestamp,
} from '../../src/protocol/messages.ts';

const START = 1_800_000_000;

/** A moment so many seconds after the instances of these factories were made. */
export function after(seconds: number, nanos = 0): Timestamp {
  return { seconds: START + seconds, nanos };
}

/** The same moments as they are stored. */
export function microsAfter(seconds: number): number {
  return (START + seconds) * 1e6;
}

/** Keys 1001, 1002, … and execution ids e…01, e…02, … */
export function countingIds(): Ids {
  let keys = 1000;
  let executions = 0;
  return {
    key: () => ++keys,
    executionId: () => `e${String(++executions).padStart(31, '0')}`,
  };
}

/** As the program has them by default. */
export const bounds: Bounds = { instanceIdLength: 100, payloadBytes: 16 * 1024 * 1024 };

export function toolsAt(now: Timestamp = after(10)): BoundedTools {
  return { now, ids: countingIds(), codec, bounds };
}

/** An orchestration that has run once. */
export function instanceState(changes: Partial<InstanceState> = {}): InstanceState {
  return {
    partition: 7,
    key: 100,
    hubId: 1,
    id: instanceId('parent-1'),
    kind: 'orchestration',
    name: 'Order',
    version: null,
    generation: 0,
    executionId: 'a'.repeat(32),
    parent: null,
    tags: null,
    createdAt: microsAfter(0),
    status: 'running',
    turn: 1,
    attempts: 0,
    customStatus: null,
    suspension: null,
    traceContext: null,
    sections: [],
    updatedAt: microsAfter(0),
    isRewound: false,
    entityState: null,
    heldBy: null,
    ...changes,
  };
}

let messageIds = 0;

export function inboxMessage(
  kind: Message['kind'],
  event: MessageInput<'HistoryEvent'>,
  changes: Partial<Message> = {},
): Message {
  const timestamp = event.timestamp ?? after(1);
  const rank =
    kind === 'started' ? ranks.started : kind === 'suspensionPair' ? ranks.suspensionPair : ranks.arrived;
  return {
    rank,
    messageId: ++messageIds,
    kind,
    generation: 0,
    event: codec.encodeEvent({ eventId: -1, ...event, timestamp }),
    firesAt: null,
    ...changes,
  };
}

export function startedMessage(changes: MessageInput<'ExecutionStartedEvent'> = {}): Message {
  return inboxMessage('started', {
    timestamp: after(0),
    executionStarted: {
      name: 'Order',
      input: { value: '1' },
      orchestrationInstance: { instanceId: 'parent-1', executionId: { value: 'a'.repeat(32) } },
      ...changes,
    },
  });
}

export function raisedMessage(name: string, timestamp: Timestamp, changes: Partial<Message> = {}): Message {
  return inboxMessage('eventRaised', { timestamp, eventRaised: { name, input: { value: '1' } } }, changes);
}

/** An answer as it comes off the wire. */
export function responseOf(response: MessageInput<'OrchestratorResponse'>): OrchestratorResponse {
  return codec.decode('OrchestratorResponse', codec.encode('OrchestratorResponse', response));
}

export function completing(
  completeOrchestration: MessageInput<'CompleteOrchestrationAction'>,
  id = 99,
): MessageInput<'OrchestratorAction'> {
  return { id, completeOrchestration };
}

export interface Answer {
  readonly state?: InstanceState;
  readonly messages?: readonly Message[];
  readonly started?: Buffer;
  readonly tools?: BoundedTools;
}

/** Builds the next turn and applies these actions to it. */
export function answer(
  response: MessageInput<'OrchestratorResponse'>,
  {
    state = instanceState(),
    messages = [],
    started = startedMessage().event,
    tools = toolsAt(),
  }: Answer = {},
): { turn: Turn; outcome: TurnOutcome } {
  const turn = buildTurn(state, messages, { now: after(9), codec });
  return { turn, outcome: applyActions({ state, turn, started }, responseOf(response), tools) };
}

/** The events of the history row that a patch writes. */
export function recordedIn(patch: Patch): AnyHistoryEvent[] {
  return 'history' in patch ? unframe(patch.history).map((event) => codec.decodeEvent(event)) : [];
}

export function recorded({ patch }: TurnOutcome): AnyHistoryEvent[] {
  return recordedIn(patch);
}
