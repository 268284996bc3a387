import { assert, must, unreachable } from '../lib/assert.ts';
import { endInstance } from './ending.ts';
import { eventTimestamp } from '../protocol/framing.ts';
import { type HistoryEventOf } from '../protocol/messages.ts';
import { type InstanceState } from './instance.ts';
import { isControl, type Message, ranks } from './message.ts';
import { payload } from './payload.ts';
import { fromMicros, laterOf, nextTick, toMicrosUp } from './time.ts';
import { type Tools } from './tools.ts';
import { type ControlPatch, type EndPatch, type NewMessage, type Write } from './write.ts';

type ControlOutcome = Write & { readonly patch: ControlPatch | EndPatch };

/**
 * A control changes an instance at once, also while a turn is out (contract §5.2, §5.3). One that changes nothing is
 * consumed all the same: whoever sent it waits for it to be gone. `held`: messages and controls in memory.
 */
export function applyControl(
  state: InstanceState,
  control: Message,
  held: readonly Message[],
  tools: Tools,
): ControlOutcome {
  const { kind } = control;
  assert(isControl(kind), `a message of the kind ${kind} is a control`);
  switch (kind) {
    case 'suspend':
      return { patch: suspend(state, control, tools) };
    case 'resume':
      return { patch: resume(state, control, tools) };
    case 'terminate':
      return terminate(state, control, held, tools);
    case 'release':
    case 'purge':
      throw new Error(`an orchestration gets no ${kind}`);
    default:
      return unreachable(kind);
  }
}

function suspend(state: InstanceState, control: Message, tools: Tools): ControlPatch {
  if (state.status === 'suspended') return unchanged(state, control);
  return {
    ...unchanged(state, control),
    updatedAt: updatedAt(state, tools),
    status: 'suspended',
    suspension: control.event,
  };
}

/**
 * Workers see a suspension only when it is over, as an adjacent pair before everything that was held: between the two
 * they would hold back the confirmations of their own actions and repeat those.
 */
function resume(state: InstanceState, control: Message, tools: Tools): ControlPatch {
  if (state.status !== 'suspended') return unchanged(state, control);
  const suspended = must(state.suspension, 'the suspension of a suspended instance');
  return {
    ...unchanged(state, control),
    updatedAt: updatedAt(state, tools),
    status: state.turn === 0 ? 'pending' : 'running',
    suspension: null,
    inbox: [suspended, control.event].map((event) => ({
      rank: ranks.suspensionPair,
      kind: 'suspensionPair' as const,
      event,
    })),
  };
}

/** The server ends it itself: workers are not to be trusted with ExecutionTerminated (contract §10.2). */
function terminate(
  state: InstanceState,
  control: Message,
  held: readonly Message[],
  { now, ids, codec }: Tools,
): ControlOutcome {
  const started = held.find(({ kind }) => kind === 'started');
  const recorded = started ? [started, control] : [control];
  const endedAt = recorded.reduce(
    (latest, { event }) => laterOf(latest, nextTick(eventTimestamp(event) ?? latest)),
    laterOf(now, nextTick(fromMicros(Math.max(state.updatedAt, state.createdAt)))),
  );
  const begin = codec.encodeEvent({ eventId: -1, timestamp: endedAt, orchestratorStarted: {} });
  // One that waits behind this one ends with the instance; its children are still to hear of it.
  const recursive = [control, ...held].find(
    (message) => message.kind === 'terminate' && requestOf(message, codec).recurse,
  );
  const turn = {
    consumed: recorded,
    events: [begin, ...recorded.map(({ event }) => event)],
    customStatus: state.customStatus,
    dropsActivities: true,
    endedAt,
  };
  const { input } = requestOf(control, codec);
  const ending = { status: 'terminated', output: payload(input) } as const;
  const { patch, messages, entityMessages } = endInstance(state, ending, turn, { ids, codec });
  return {
    patch,
    messages: recursive ? [...messages, toChildren(state, recursive)] : messages,
    entityMessages,
  };
}

function requestOf(
  { event }: Message,
  codec: Tools['codec'],
): HistoryEventOf<'executionTerminated'>['executionTerminated'] {
  const terminated = codec.decodeEvent(event);
  assert(terminated.eventType === 'executionTerminated', 'a terminate carries ExecutionTerminated');
  return terminated.executionTerminated;
}

function toChildren({ key }: InstanceState, { event }: Message): NewMessage {
  const message = { rank: ranks.control, kind: 'terminate', event } as const;
  return { to: { by: 'parent', parentKey: key }, message, isFromClient: false };
}

function updatedAt(state: InstanceState, { now }: Tools): number {
  return Math.max(state.updatedAt, toMicrosUp(now));
}

function unchanged(state: InstanceState, control: Message): ControlPatch {
  const { partition, key, turn, status, suspension } = state;
  assert(
    status === 'pending' || status === 'running' || status === 'suspended',
    `an instance that is ${status} gets no control`,
  );
  return {
    ...{ kind: 'control', partition, key, turn, status, suspension },
    consumed: [control],
    updatedAt: state.updatedAt,
    inbox: [],
  };
}
