// What came to workers: each item must be one that the oracle has for them, with all that belongs to it, and goes to a
// stream that takes it. The oracle learns which messages a turn holds, and keeps the events as they were sent.

import { isDeepStrictEqual } from 'node:util';
import { decodeToken } from '../../src/domain/completion-token.ts';
import { isTerminal } from '../../src/domain/instance.ts';
import { type Message } from '../../src/domain/message.ts';
import { compareTimes } from '../../src/domain/time.ts';
import { buildTurn, hasEvent } from '../../src/domain/turn.ts';
import { must } from '../../src/lib/assert.ts';
import { codec } from '../../src/protocol/codec.ts';
import { type AnyHistoryEvent, type Timestamp } from '../../src/protocol/messages.ts';
import { checkStarted, comparable, showMessages, withoutTime } from './events.ts';
import { type ActivityRow, type InboxRow, type InstanceRow } from './rows.ts';
import { Mismatch, same, show } from './mismatch.ts';
import { type ActivityOut, type Oracle } from './oracle.ts';
import { isOverfull } from './room.ts';
import { type ActivityItem, type TurnItem } from './worker-stream.ts';

/** What ended a work item may have crossed it so many settlements ago. */
export const OVERTAKEN = 1;

// ── turns ──

export function takeTurn(oracle: Oracle, item: TurnItem): void {
  const { token, stream, request } = item;
  const { hubId, replica } = stream;
  const { instanceId } = request;
  const proof = decodeToken(token);
  if (proof?.kind !== 'orchestration') throw new Mismatch(`'${token}' is no token of a turn`);
  const row = oracle.store.byId(hubId, instanceId);
  if (isOvertaken(oracle, row, { hubId, instanceId, ...proof })) {
    oracle.deadTokens.push({ token, kind: 'orchestration', hubId, instanceId, taskId: 0 });
    return;
  }
  const what = `the turn ${proof.turn} of '${instanceId}'`;
  if (!row || isTerminal(row.status)) throw new Mismatch(`${what} went out although it is over`);
  same(
    `the instance and number of ${what}`,
    [proof.key, proof.turn],
    [oracle.realKeys.get(row.key), row.turn],
  );
  checkMayGo(oracle, row, item, what);
  compareRequest(row, item, what, oracle);
  const consumed = consumedBy(oracle, row, request.newEvents, what);
  const startedAt = must(request.newEvents[0]?.timestamp, 'the time of OrchestratorStarted');
  const events = request.newEvents.map((event) => codec.encodeEvent(event));
  const turn = { startedAt, events, consumed };
  oracle.turns.set(row.key, { hubId, token, stream: stream.id, replica, turn, request });
  oracle.replicas.set(proof.incarnation, replica);
  if (isOverfull(oracle, stream)) throw new Mismatch(`${what} is one too many`);
  noteArrival(oracle, row.key, 'an abandoned turn came again');
}

/** The instance ended, or was replaced, while its turn was on its way. */
function isOvertaken(
  oracle: Oracle,
  row: InstanceRow | undefined,
  item: { readonly hubId: number; readonly instanceId: string; readonly key: number; readonly turn: number },
): boolean {
  const isItself = row !== undefined && oracle.realKeys.get(row.key) === item.key;
  if (isItself) return isTerminal(row.status) && item.turn === row.turn - 1;
  return isJustGone(oracle, `${item.hubId}/${item.instanceId}`);
}

function isJustGone(oracle: Oracle, name: string): boolean {
  return (oracle.goneAt.get(name) ?? -Infinity) >= oracle.settlements - OVERTAKEN;
}

function checkMayGo(oracle: Oracle, row: InstanceRow, { stream }: TurnItem, what: string): void {
  if (oracle.turns.has(row.key)) throw new Mismatch(`${what} went out twice`);
  const suspendedAt = oracle.suspendedAt.get(row.key) ?? -Infinity;
  if (row.status === 'suspended' && suspendedAt < oracle.settlements - OVERTAKEN) {
    throw new Mismatch(`${what} went out although it is suspended`);
  }
  if (!stream.accepts('orchestration', row.name, row.version)) {
    throw new Mismatch(`${what} went to a stream that does not take it`);
  }
}

export function noteArrival(
  oracle: Oracle,
  key: number,
  again: `an abandoned ${'turn' | 'activity' | 'batch'} came again`,
): void {
  oracle.delayed.delete(key);
  if (oracle.unserved.delete(key)) oracle.saw('work waited until a stream took it');
  if (oracle.abandons.has(key)) oracle.saw(again);
}

function compareRequest(row: InstanceRow, { request }: TurnItem, what: string, oracle: Oracle): void {
  const { executionId, pastEvents, newEvents, ...rest } = request;
  const { entityParameters, requiresHistoryStreaming, orchestrationTraceContext } = rest;
  same(`the execution of ${what}`, executionId?.value, row.executionId);
  same(`the past of ${what}`, pastEvents, oracle.historyOf(row, true));
  same(
    `the rest of ${what}`,
    { entityParameters, requiresHistoryStreaming, orchestrationTraceContext },
    {
      entityParameters: { entityMessageReorderWindow: { seconds: 0, nanos: 0 } },
      requiresHistoryStreaming: false,
      orchestrationTraceContext:
        row.traceContext && codec.decode('OrchestrationTraceContext', row.traceContext),
    },
  );
  for (const event of newEvents) checkStarted(event, row);
  checkTimes(pastEvents, newEvents, what);
}

/** Contract §1, rules 3 and 26. */
function checkTimes(
  past: readonly AnyHistoryEvent[],
  [started, ...news]: readonly AnyHistoryEvent[],
  what: string,
): void {
  const at = must(started?.timestamp, 'the time of OrchestratorStarted');
  const raised = new Set<string>();
  for (const event of [...past, ...news]) {
    const time = must(event.timestamp, 'the time of an event');
    const firedAt = event.eventType === 'timerFired' ? event.timerFired.fireAt : null;
    if (compareTimes(time, at) >= 0 || (firedAt && compareTimes(firedAt, at) >= 0)) {
      throw new Mismatch(`${what} is not later than ${show(event)}`);
    }
    if (event.eventType !== 'eventRaised') continue;
    if (raised.has(stamp(time))) throw new Mismatch(`${what} has two raised events of the same time`);
    raised.add(stamp(time));
  }
}

const stamp = ({ seconds, nanos }: Timestamp): string => `${seconds}.${nanos}`;

/**
 * The messages that a turn is made of: all that were settled before, and of those that came meanwhile the first ones of
 * each group.
 */
function consumedBy(
  oracle: Oracle,
  row: InstanceRow,
  news: readonly AnyHistoryEvent[],
  what: string,
): readonly Message[] {
  const inbox = oracle.store.inboxOf(row.key);
  const differs = (): Mismatch =>
    new Mismatch(`${what} has ${show(news)}, of ${showMessages(inbox.map(({ message }) => message))}`);
  const consumed: Message[] = [];
  const cut = new Set<InboxRow['group']>();
  let shown = 1;
  for (const { message, group, isSettled } of inbox) {
    const isWake = message.kind === 'wake';
    const isIn = !cut.has(group) && (isWake || isShown(message, news[shown], row));
    if (isIn) consumed.push(message);
    if (isIn && !isWake) shown++;
    if (isIn) continue;
    if (isSettled) throw differs();
    else cut.add(group);
  }
  if (shown !== news.length) throw differs();
  const built = buildTurn(row, consumed, { now: { seconds: 0, nanos: 0 }, codec });
  same(`the events of ${what}`, news.map(withoutTime), built.events.map(comparable));
  return built.consumed;
}

function isShown(message: Message, event: AnyHistoryEvent | undefined, { generation }: InstanceRow): boolean {
  return (
    event !== undefined &&
    hasEvent(message, generation) &&
    isDeepStrictEqual(comparable(message.event), withoutTime(event))
  );
}

// ── activities ──

export function takeActivity(oracle: Oracle, { token, stream, request }: ActivityItem): void {
  const { hubId, replica } = stream;
  const proof = decodeToken(token);
  if (proof?.kind !== 'activity') throw new Mismatch(`'${token}' is no token of an activity`);
  const instanceId = request.orchestrationInstance?.instanceId ?? '';
  const what = `the activity '${request.name}' of '${instanceId}'`;
  const lease = { hubId, token, stream: stream.id, replica };
  const activity = oracle.findActivity(token);
  if (!activity) {
    const key = oracle.keysOfReal.get(proof.activityKey);
    const isGone = isJustGone(oracle, key === undefined ? `${hubId}/${instanceId}` : `${key}`);
    if (!isGone) throw new Mismatch(`${what} went out although it is over`);
    oracle.deadTokens.push({ token, kind: 'activity', hubId, instanceId, taskId: request.taskId });
    oracle.zombies.set(token, lease);
    return;
  }
  lend(oracle, activity, lease);
  same(what, request, codec.decode('ActivityRequest', activity.request));
  same(`the hub of ${what}`, hubId, activity.hubId);
  if (!stream.accepts('activity', activity.name, activity.effectiveVersion)) {
    throw new Mismatch(`${what} went to a stream that does not take it`);
  }
  oracle.replicas.set(proof.incarnation, replica);
  if (isOverfull(oracle, stream)) throw new Mismatch(`${what} is one too many`);
}

function lend(oracle: Oracle, activity: ActivityRow, lease: ActivityOut): void {
  const { activityKey, name } = activity;
  if (oracle.leases.has(activityKey)) throw new Mismatch(`the activity '${name}' went out twice`);
  oracle.leases.set(activityKey, lease);
  oracle.lastLeases.set(activityKey, lease);
  oracle.store.activities.set(activityKey, { ...activity, isLeased: true, isQueued: false });
  noteArrival(oracle, activityKey, 'an abandoned activity came again');
}
