// For the record: which outcome an operation of the oracle was. Called before it is committed, unless said otherwise.

import { type TurnOutcome } from '../../src/domain/apply-actions.ts';
import { isTerminal } from '../../src/domain/instance.ts';
import { type ControlKind } from '../../src/domain/message.ts';
import { type Address, type NewInstance, type NewMessage } from '../../src/domain/write.ts';
import { codec } from '../../src/protocol/codec.ts';
import {
  type ActivityResponse,
  type CreateInstanceRequest,
  type OrchestratorResponse,
} from '../../src/protocol/messages.ts';
import { type ActivityRow, type InstanceRow } from './rows.ts';
import { type Committed, type Oracle, type Target, type TurnOut } from './oracle.ts';

/** After the commit. */
export function noteStart(
  oracle: Oracle,
  request: CreateInstanceRequest,
  { scheduledAt }: NewInstance,
): void {
  oracle.saw('a start made an instance');
  if (request.instanceId === '') oracle.saw('a start without an id got one');
  if (scheduledAt !== null) oracle.saw('a start in the future waited for its time');
  else if (request.scheduledStartTimestamp) oracle.saw('a start in the past was at once');
}

/** After the commit. */
export function noteRaise(oracle: Oracle, target: Target, isDelivered: boolean): void {
  if (isDelivered) oracle.saw('an event reached its instance');
  else if (oracle.find(target)) oracle.saw('an event for a finished instance was dropped');
  else oracle.saw('an event for nobody was dropped');
}

export function noteControl(oracle: Oracle, target: Target, kind: ControlKind): void {
  const row = oracle.find(target);
  const living = row && !isTerminal(row.status) ? row : undefined;
  if (kind === 'terminate') {
    if (!living) oracle.saw('a termination of nobody was ignored');
  } else if (kind === 'resume') {
    const isSuspended = living?.status === 'suspended';
    oracle.saw(isSuspended ? 'an instance was resumed' : 'a resumption that changed nothing was ignored');
  } else if (living) noteSuspension(oracle, living);
  else oracle.saw('a suspension that changed nothing was ignored');
}

function noteSuspension(oracle: Oracle, { key, status }: InstanceRow): void {
  if (status === 'suspended') {
    oracle.saw('a suspension that changed nothing was ignored');
    return;
  }
  oracle.saw(`a ${status === 'pending' ? 'pending' : 'running'} instance was suspended`);
  if (oracle.turns.has(key)) oracle.saw('an instance was suspended while a turn was out');
}

export function noteTermination(oracle: Oracle, row: InstanceRow): void {
  oracle.saw('an instance was terminated');
  if (row.turn === 0) oracle.saw('an instance was terminated before its first turn');
  if (oracle.turns.has(row.key)) oracle.saw('an instance was terminated while a turn was out');
  const parent = row.parent && oracle.store.instances.get(row.parent.key);
  if (parent?.status === 'terminated') oracle.saw('a child was terminated with its parent');
  if (hasTimers(oracle, row)) oracle.saw('a timer ended with its execution');
  const activities = [...oracle.store.activities.values()].filter(({ key }) => key === row.key);
  if (activities.some(({ isLeased, isQueued }) => !isLeased && !isQueued)) {
    oracle.saw('an activity of a terminated instance was dropped');
  }
}

function hasTimers(oracle: Oracle, { key }: InstanceRow): boolean {
  return [...oracle.store.timers.values()].some((timer) => timer.key === key);
}

export interface RecordedTurn {
  readonly row: InstanceRow;
  readonly out: TurnOut;
  readonly response: OrchestratorResponse;
  readonly outcome: TurnOutcome;
}

export function noteTurn(oracle: Oracle, recorded: RecordedTurn): void {
  const { row, out, outcome } = recorded;
  const { patch, messages = [] } = outcome;
  if (patch.kind === 'turn') {
    oracle.saw('a turn was recorded');
    if (row.status === 'suspended') oracle.saw('a turn of a suspended instance was recorded');
    if (patch.consumed.length < out.turn.consumed.length) oracle.saw('a turn was recorded in part');
  } else if (patch.kind === 'renew') noteRenewal(oracle, recorded, patch.inbox.length);
  else noteEnd(oracle, patch);
  if (patch.kind !== 'turn' && hasTimers(oracle, row)) oracle.saw('a timer ended with its execution');
  for (const message of messages) noteMessage(oracle, message);
}

function noteRenewal(oracle: Oracle, { row, response }: RecordedTurn, messages: number): void {
  oracle.saw('an instance continued as new');
  if (row.status === 'suspended') oracle.saw('a suspended instance continued as new');
  const toItself = response.actions.filter(
    (action) =>
      action.orchestratorActionType === 'sendEvent' && action.sendEvent.instance?.instanceId === row.id,
  );
  if (toItself.length > 0) oracle.saw('an instance that continued as new sent itself an event');
  if (messages > 1 + toItself.length) oracle.saw('events were carried over');
}

function noteEnd(oracle: Oracle, { status, failure }: Extract<TurnOutcome['patch'], { kind: 'end' }>): void {
  if (status === 'completed') oracle.saw('an instance completed');
  else if (status === 'terminated') oracle.saw('an instance ended itself as terminated');
  else {
    const errorType = failure ? codec.decode('TaskFailureDetails', failure).errorType : '';
    const isRefused = errorType === 'InvalidAction' || errorType === 'EntitiesNotAvailable';
    oracle.saw(isRefused ? 'an instance failed by an action that is not possible' : 'an instance failed');
  }
}

function noteMessage(oracle: Oracle, { to, message: { kind } }: NewMessage): void {
  if (to.by === 'id') {
    const row = oracle.find(to);
    const isThere = row !== undefined && !isTerminal(row.status);
    if (kind === 'terminate' && isThere) oracle.saw('an orchestration terminated another');
    if (kind === 'eventRaised') {
      oracle.saw(`an orchestration sent an event to ${isThere ? 'another' : 'nobody'}`);
    }
  } else if (to.by === 'key' && kind === 'childResult') noteChildResult(oracle, to);
}

function noteChildResult(oracle: Oracle, { key, generation }: Extract<Address, { by: 'key' }>): void {
  const parent = oracle.store.instances.get(key);
  const isThere = parent?.generation === generation && !isTerminal(parent.status);
  oracle.saw(isThere ? 'a parent learned of its child' : 'the result of a child had no parent to go to');
}

/** After the commit. */
export function noteChildren(
  oracle: Oracle,
  { instances = [] }: TurnOutcome,
  results: Committed['instances'],
): void {
  instances.forEach(({ hubId, id }, i) => {
    if (results[i] === 'taken') oracle.saw('a child whose id was held failed its parent');
    else {
      oracle.saw('a child was started');
      const hasReplaced = oracle.goneAt.get(`${hubId}/${id}`) === oracle.settlements;
      if (hasReplaced) oracle.saw('a child replaced a finished holder of its id');
    }
  });
}

/** After the commit. */
export function noteActivity(
  oracle: Oracle,
  { isLeased }: ActivityRow,
  { response, isTold }: { readonly response: ActivityResponse; readonly isTold: boolean },
): void {
  if (!isLeased) oracle.saw('a late result of an activity counted');
  if (!isTold) oracle.saw('the result of an activity had nobody to go to');
  else oracle.saw(response.failureDetails ? 'an activity failed' : 'an activity completed');
}
