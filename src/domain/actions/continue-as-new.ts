import { assert } from '../../lib/assert.ts';
import { type MessageInput } from '../../protocol/codec.ts';
import { type CompleteOrchestrationAction, type Timestamp } from '../../protocol/messages.ts';
import { orderCarriedOver } from '../carried-over.ts';
import { raisedEvent } from '../events.ts';
import { type Message, type MessageDraft, ranks } from '../message.ts';
import { payload, text, wrapped } from '../payload.ts';
import { compareTimes, laterOf, nextTick, toMicrosUp } from '../time.ts';
import { invalidAction, type Refusal, type TurnDraft } from '../turn-draft.ts';
import { versionProblem } from '../validate.ts';
import { type RenewPatch } from '../write.ts';

export interface RenewedTurn {
  readonly consumed: readonly Message[];
  /** Encoded inbound events of the turn. */
  readonly inbound: readonly Buffer[];
  readonly customStatus: string | null;
  /** Encoded ExecutionStarted of the execution that ends. */
  readonly started: Buffer;
}

/**
 * A new generation of the instance (contract §10.1): what is worth keeping of the old one comes in its first inbox.
 * ExecutionStarted first, then the events that the SDK carries over, then those that the orchestration sent to itself.
 */
export function continueAsNew(
  draft: TurnDraft,
  action: CompleteOrchestrationAction,
  turn: RenewedTurn,
): RenewPatch | Refusal {
  const { state, tools, at } = draft;
  const problem = versionProblem(action.newVersion);
  if (problem !== undefined) return invalidAction(problem);
  const executionId = tools.ids.executionId();
  const carried = orderCarriedOver(action.carryoverEvents, { state, inbound: turn.inbound, at }, tools.codec);
  const sent = sentToItself(draft, carried.at(-1)?.timestamp);
  const version = action.newVersion ?? wrapped(state.version);
  const input = payload(action.result);
  const started = restarted(draft, turn.started, { executionId, version, input });
  const latest = laterOf(at, [...carried, ...sent].at(-1)?.timestamp ?? at);
  const { partition, key } = state;
  return {
    ...{ kind: 'renew', partition, key, turn: state.turn, executionId, input },
    status: state.status === 'suspended' ? 'suspended' : 'running',
    consumed: turn.consumed,
    updatedAt: Math.max(state.updatedAt, toMicrosUp(latest)),
    generation: state.generation + 1,
    version: text(version),
    customStatus: turn.customStatus,
    inbox: [
      { rank: ranks.started, kind: 'started', event: started },
      ...[...carried, ...sent].map(({ event }): MessageDraft => ({
        rank: ranks.carriedOver,
        kind: 'eventRaised',
        event,
      })),
    ],
  };
}

function restarted(
  { state, tools, at }: TurnDraft,
  started: Buffer,
  {
    executionId,
    version,
    input,
  }: { executionId: string; version: { value: string } | null; input: string | null },
): Buffer {
  const { codec } = tools;
  const event = codec.decodeEvent(started);
  assert(event.eventType === 'executionStarted', 'an execution begins with ExecutionStarted');
  const old = event.executionStarted;
  const executionStarted: MessageInput<'ExecutionStartedEvent'> = {
    name: old.name,
    version,
    input: wrapped(input),
    orchestrationInstance: { instanceId: state.id, executionId: { value: executionId } },
    parentInstance: old.parentInstance,
    parentTraceContext: old.parentTraceContext,
    tags: old.tags,
  };
  return codec.encodeEvent({ eventId: -1, timestamp: at, executionStarted });
}

/** Their timestamps go on after those carried over, each of its own. */
function sentToItself(
  { sentToItself: sent, at, tools }: TurnDraft,
  last: Timestamp | undefined,
): { event: Buffer; timestamp: Timestamp }[] {
  let timestamp = last && compareTimes(at, last) <= 0 ? nextTick(last) : at;
  return sent.map(({ name, input }) => {
    const raised = { event: raisedEvent(name, input, timestamp, tools.codec), timestamp };
    timestamp = nextTick(timestamp);
    return raised;
  });
}
