// What a worker answers to a turn: the script of a call as actions, in one part or several.

import { fromMicros } from '../../src/domain/time.ts';
import { type MessageInput } from '../../src/protocol/codec.ts';
import { type AnyHistoryEvent } from '../../src/protocol/messages.ts';
import { type Action, fromNow } from '../helpers/scripted-worker.ts';
import { type Delivery, type Script, type ScriptAction } from './calls.ts';
import { entityAction } from './entity-answers.ts';
import { type EntityScriptAction, isForEntity } from './entity-calls.ts';
import { type Oracle, type TurnOut } from './oracle.ts';
import { NOBODY, targetOf, wrapped } from './picks.ts';

export type Response = MessageInput<'OrchestratorResponse'>;

/** One for each replica of the delivery. */
export function partsOf(script: Script, delivery: Delivery, out: TurnOut, oracle: Oracle): Response[] {
  const { instanceId, newEvents } = out.request;
  const actions = [
    ...script.actions.map((action) => actionOf(action, out, oracle)),
    ...endingsOf(script, newEvents),
  ];
  const common: Response = {
    instanceId,
    completionToken: delivery.hasToken ? out.token : '',
    customStatus: wrapped(script.customStatus),
    orchestrationTraceContext: script.isTraced
      ? { spanID: { value: 'abc' }, spanStartTime: fromNow(0) }
      : null,
  };
  const count = delivery.replicas.length;
  if (count === 1) {
    const numEventsProcessed = script.eventsProcessed === 0 ? null : { value: script.eventsProcessed };
    return [{ ...common, actions, numEventsProcessed }];
  }
  const size = Math.ceil(actions.length / count);
  return delivery.replicas.map((_, n) => ({
    ...common,
    actions: actions.slice(n * size, (n + 1) * size),
    isPartial: n < count - 1,
    chunkIndex: { value: n },
    numEventsProcessed: n === 0 ? null : { value: 0 },
  }));
}

/** In which order the parts are sent; some twice. */
export function orderOf({ replicas, order }: Delivery): number[] {
  const inOrder = replicas.map((_, n) => n);
  if (replicas.length === 1 || order === 'in order') return inOrder;
  return order === 'last first' ? inOrder.toReversed() : [0, ...inOrder];
}

export function textOf({ actions, ending }: Script): string {
  return [...actions.map(({ kind, id }) => `${kind}#${id}`), ending].join(' ');
}

function actionOf(action: ScriptAction, out: TurnOut, oracle: Oracle): Action {
  return isForEntity(action) ? entityAction(action, out, oracle) : otherAction(action, out, oracle);
}

function otherAction(
  action: Exclude<ScriptAction, EntityScriptAction>,
  { hubId }: TurnOut,
  oracle: Oracle,
): Action {
  const { id } = action;
  switch (action.kind) {
    case 'task': {
      const { name, version, input, isTagged } = action;
      const tags = isTagged ? { shift: 'night' } : {};
      return { id, scheduleTask: { name, version: wrapped(version), input: wrapped(input), tags } };
    }
    case 'timer':
      return { id, createTimer: { fireAt: timeOf(action) } };
    case 'child':
      return childOf(action, targetOf(oracle, hubId, action.target, 'made up'));
    case 'send': {
      const instance = { instanceId: targetOf(oracle, hubId, action.target) };
      return { id, sendEvent: { instance, name: action.name, data: wrapped(action.data) } };
    }
    case 'terminate': {
      const { target, reason, recurse } = action;
      const instanceId = targetOf(oracle, hubId, target);
      return { id, terminateOrchestration: { instanceId, reason: wrapped(reason), recurse } };
    }
    case 'unknown':
      return { id };
  }
}

function timeOf({ when, ms }: Extract<ScriptAction, { kind: 'timer' }>) {
  const now = Date.now();
  const times = { epoch: 0, past: now - 3_600_000, soon: now + ms, late: now + 3_600_000 };
  return fromMicros(times[when] * 1000);
}

function childOf(child: Extract<ScriptAction, { kind: 'child' }>, wanted: string): Action {
  const { id, name, version, input, isForgotten } = child;
  return {
    id,
    createSubOrchestration: {
      ...{ name, version: wrapped(version), input: wrapped(input) },
      // Without an id the server makes one of the parent's execution.
      instanceId: wanted === NOBODY ? '' : wanted,
      tags: isForgotten ? { FireAndForget: 'true' } : {},
    },
  };
}

type Completion = MessageInput<'CompleteOrchestrationAction'>;

function endingsOf(
  { ending, result, newVersion, carried }: Script,
  news: readonly AnyHistoryEvent[],
): Action[] {
  const completing = (
    status: 'COMPLETED' | 'FAILED' | 'TERMINATED' | 'CONTINUED_AS_NEW',
    more: Completion = {},
  ): Action => {
    const orchestrationStatus = `ORCHESTRATION_STATUS_${status}` as const;
    return { id: 99, completeOrchestration: { orchestrationStatus, result: wrapped(result), ...more } };
  };
  const renewal = { newVersion: wrapped(newVersion), carryoverEvents: carriedOver(carried, news) };
  const innerFailure = { errorType: 'Inner', errorMessage: 'because' };
  const failureDetails = { errorType: 'Broken', errorMessage: 'it broke', innerFailure };
  return {
    none: [],
    complete: [completing('COMPLETED')],
    fail: [completing('FAILED', { failureDetails })],
    terminate: [completing('TERMINATED')],
    continue: [completing('CONTINUED_AS_NEW', renewal)],
    'continue and terminate': [completing('CONTINUED_AS_NEW', renewal), completing('TERMINATED')],
  }[ending];
}

/** As the SDKs do it: as they were, in another order, or without a time and in lower case (contract §10.1). */
function carriedOver(
  carried: Script['carried'],
  news: readonly AnyHistoryEvent[],
): MessageInput<'HistoryEvent'>[] {
  const raised = news.flatMap((event) =>
    event.eventType === 'eventRaised'
      ? [{ eventId: event.eventId, timestamp: event.timestamp, eventRaised: event.eventRaised }]
      : [],
  );
  return {
    nothing: [],
    copies: raised,
    'copies in reverse': raised.toReversed(),
    'names in lower case': raised.map(({ eventRaised: { name, input } }) => ({
      eventRaised: { name: name.toLowerCase(), input },
    })),
  }[carried];
}
