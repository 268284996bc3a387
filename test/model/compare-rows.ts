// What the database holds, table by table, beside what the oracle holds. Throws a `Mismatch` where they differ, and
// teaches the oracle what it can't know: keys, execution ids, times, which timers have fired, and in which order things
// arrived that came at the same time.

import { isDeepStrictEqual } from 'node:util';
import { type Message, messageKinds } from '../../src/domain/message.ts';
import { compareTimes, fromMicros } from '../../src/domain/time.ts';
import { must } from '../../src/lib/assert.ts';
import { statusOf } from '../../src/postgres/codes.ts';
import { codec } from '../../src/protocol/codec.ts';
import { unframe } from '../../src/protocol/framing.ts';
import {
  type ActivityColumns,
  type HistoryColumns,
  type InboxColumns,
  type InstanceColumns,
  type TimerColumns,
} from './database-reader.ts';
import {
  checkStarted,
  comparable,
  decoded,
  isInbound,
  isSameEvent,
  showMessages,
  withoutTime,
} from './events.ts';
import { type ActivityRow, type HistoryRow, type InboxRow, type InstanceRow } from './rows.ts';
import { Mismatch, same, show } from './mismatch.ts';
import { isProvisional, type Oracle } from './oracle.ts';

// ── instances ──

/** Returns the columns by the oracle's keys. */
export function compareInstances(
  oracle: Oracle,
  all: readonly InstanceColumns[],
): ReadonlyMap<number, InstanceColumns> {
  const found = new Map<number, InstanceColumns>();
  for (const columns of all) {
    const row = oracle.store.byId(columns.hub_id, columns.instance_id);
    if (!row) throw new Mismatch(`the instance '${columns.instance_id}' should not be there`);
    learnKey(oracle, row.key, columns.instance_key);
    const learned = learnInstance(oracle, row, columns);
    oracle.store.instances.set(row.key, learned);
    same(`the instance '${row.id}'`, shapeOfColumns(columns), shapeOfRow(oracle, learned, columns));
    found.set(row.key, columns);
  }
  for (const { key, id, status } of oracle.store.instances.values()) {
    if (!found.has(key)) throw new Mismatch(`the instance '${id}' (${status}) is missing`);
  }
  return found;
}

export function learnKey(oracle: Oracle, key: number, real: number): void {
  const known = oracle.realKeys.get(key);
  if (known === real) return;
  if (known !== undefined || oracle.keysOfReal.has(real)) {
    throw new Mismatch('what should be the same row is another, or the other way round');
  }
  oracle.realKeys.set(key, real);
  oracle.keysOfReal.set(real, key);
}

function learnInstance(oracle: Oracle, row: InstanceRow, columns: InstanceColumns): InstanceRow {
  const { execution_id: real, created_at: createdAt, updated_at: updatedAt, completed_at } = columns;
  const isNew = isProvisional(row.executionId);
  if (isNew && !/^[0-9a-f]{32}$/.test(real)) throw new Mismatch(`'${real}' is no execution id`);
  if (isNew && oracle.executionIds.has(real)) {
    throw new Mismatch(`the execution id '${real}' was used before`);
  }
  if (updatedAt < createdAt) throw new Mismatch(`'${row.id}' was updated before it was created`);
  oracle.executionIds.add(real);
  const executionId = isNew ? real : row.executionId;
  const completedAt = row.completedAt === null ? null : completed_at;
  return { ...row, executionId, createdAt, updatedAt, completedAt };
}

function shapeOfColumns(columns: InstanceColumns): unknown {
  const { generation, turn, name, version, tags, scheduled_at: scheduledAt } = columns;
  return {
    ...{ status: statusOf(columns.status), generation, turn, name, version, tags, scheduledAt },
    executionId: columns.execution_id,
    input: text(columns.input),
    output: text(columns.output),
    customStatus: text(columns.custom_status),
    failure: columns.failure && codec.decode('TaskFailureDetails', columns.failure),
    suspension: columns.suspension && comparable(columns.suspension),
    traceContext: columns.trace_context && codec.decode('OrchestrationTraceContext', columns.trace_context),
    sections: columns.sections ?? [],
    isCompleted: columns.completed_at !== null,
    parent: columns.parent && {
      key: columns.parent_key,
      generation: columns.parent_generation,
      taskId: columns.parent_task_id,
      wire: codec.decode('ParentInstanceInfo', columns.parent),
    },
  };
}

function shapeOfRow(oracle: Oracle, row: InstanceRow, columns: InstanceColumns): unknown {
  const { status, generation, turn, name, version, tags, scheduledAt, executionId } = row;
  return {
    ...{ status, generation, turn, name, version, tags, scheduledAt },
    ...{ executionId, input: row.input, output: row.output, customStatus: row.customStatus },
    failure: row.failure && codec.decode('TaskFailureDetails', row.failure),
    suspension: row.suspension && comparable(row.suspension),
    traceContext: row.traceContext && codec.decode('OrchestrationTraceContext', row.traceContext),
    sections: row.sections,
    isCompleted: row.completedAt !== null,
    parent: row.parent && {
      // A parent that came and went within one step was never seen.
      key: oracle.realKeys.get(row.parent.key) ?? columns.parent_key,
      generation: row.parent.generation,
      taskId: row.parent.taskId,
      wire: codec.decode('ParentInstanceInfo', row.parent.wire),
    },
  };
}

const text = (bytes: Buffer | null): string | null => bytes?.toString() ?? null;

// ── timers: those that the database has no more have fired ──

export function compareTimers(oracle: Oracle, all: readonly TimerColumns[]): void {
  const left = new Map(oracle.store.timers);
  for (const columns of all) {
    const event = decoded(columns.event);
    const timer = [...left.values()].find(
      ({ key, generation, firesAt, message }) =>
        isDeepStrictEqual(
          [key, generation, firesAt, messageKinds[message.kind], message.rank],
          [
            oracle.keysOfReal.get(columns.instance_key),
            ...[columns.generation, columns.fires_at, columns.kind, columns.rank],
          ],
        ) && isSameEvent(decoded(message.event), event),
    );
    if (!timer) throw new Mismatch(`there is a timer that should not be: ${show(event)}`);
    if (columns.is_due) throw new Mismatch(`a timer that is due has not fired: ${show(event)}`);
    left.delete(timer.timerKey);
  }
  for (const { timerKey } of [...left.values()].sort((a, b) => a.firesAt - b.firesAt)) fire(oracle, timerKey);
}

function fire(oracle: Oracle, timerKey: number): void {
  const { firesAt, message } = must(oracle.store.timers.get(timerKey), 'a timer');
  const event = decoded(message.event);
  if (firesAt > Date.now() * 1000) throw new Mismatch(`a timer is gone before its time: ${show(event)}`);
  oracle.fire(timerKey);
  const isLate = compareTimes(fromMicros(firesAt), must(event.timestamp, 'the time of an event')) < 0;
  if (message.kind === 'signal') oracle.saw('a delayed signal came when its time had come');
  else if (message.kind === 'started') oracle.saw('a scheduled instance started when its time came');
  else oracle.saw(isLate ? 'a timer of the past fired' : 'a timer fired when its time came');
}

// ── inbox ──

export function compareInbox(oracle: Oracle, row: InstanceRow, real: readonly InboxColumns[]): void {
  const expected = oracle.store.inboxOf(row.key);
  const what = `the inbox of '${row.id}'`;
  const differs = (): Mismatch =>
    new Mismatch(
      `${what} is ${showMessages(real)}, not ${showMessages(expected.map(({ message }) => message))}`,
    );
  const left = [...expected];
  const ordered = real.map((columns) => {
    const at = left.findIndex(({ message }) => isSameMessage(message, columns));
    const [found] = at < 0 ? [] : left.splice(at, 1);
    if (!found) throw differs();
    checkStarted(decoded(columns.event), row);
    return found;
  });
  if (left.length > 0 || !isPossibleOrder(expected, ordered)) throw differs();
  oracle.store.inbox.set(row.key, ordered);
}

function isSameMessage(message: Message, columns: InboxColumns): boolean {
  return (
    message.kind !== 'unknown' &&
    isDeepStrictEqual(
      [message.rank, messageKinds[message.kind], message.generation, message.firesAt],
      [columns.rank, columns.kind, columns.generation, columns.fires_at],
    ) &&
    isDeepStrictEqual(comparable(message.event), comparable(columns.event))
  );
}

/** What was there before stays in front, in its order; so do the messages of one group. */
function isPossibleOrder(before: readonly InboxRow[], after: readonly InboxRow[]): boolean {
  const places = new Map(after.map((row, place) => [row, place]));
  const placeOf = (row: InboxRow): number => must(places.get(row), 'a place');
  return before.every((first, i) =>
    before.slice(i + 1).every((second) => {
      const isBound =
        first.isSettled || first.group === second.group || first.message.rank !== second.message.rank;
      return !isBound || placeOf(first) < placeOf(second);
    }),
  );
}

// ── history ──

export function compareHistory(oracle: Oracle, row: InstanceRow, real: readonly HistoryColumns[]): void {
  const expected = oracle.store.history.get(row.key) ?? [];
  same(
    `the turns in the history of '${row.id}'`,
    real.map(({ turn }) => turn),
    expected.map(({ turn }) => turn),
  );
  const learned = expected.map((recorded, i) =>
    compareTurn(row, must(real[i], 'a row of history'), recorded),
  );
  oracle.store.history.set(row.key, learned);
}

function compareTurn(row: InstanceRow, { events }: HistoryColumns, recorded: HistoryRow): HistoryRow {
  if (events.equals(recorded.events)) return recorded;
  const what = `the history of '${row.id}'`;
  const [is, should] = [unframe(events).map(decoded), unframe(recorded.events).map(decoded)];
  same(what, is.map(withoutTime), should.map(withoutTime));
  // A termination is written by the server itself; what a worker was sent is kept to the last digit.
  const wasSent = !should.some((event) => event.eventType === 'executionTerminated');
  for (const [n, event] of is.entries()) {
    checkStarted(event, row);
    if (wasSent && isInbound(event)) same(`a time in ${what}`, event.timestamp, should[n]?.timestamp);
  }
  return { turn: recorded.turn, events };
}

// ── activities ──

export function compareActivities(oracle: Oracle, row: InstanceRow, real: readonly ActivityColumns[]): void {
  const { activities } = oracle.store;
  const left = new Map([...activities].filter(([, activity]) => activity.key === row.key));
  for (const columns of real) {
    const activity = findActivity(oracle, left, columns);
    if (!activity) {
      throw new Mismatch(`'${row.id}' has an activity '${columns.name}' that it should not have`);
    }
    learnKey(oracle, activity.activityKey, columns.activity_key);
    left.delete(activity.activityKey);
    const isQueued = !activity.isLeased && columns.owner !== null;
    activities.set(activity.activityKey, { ...activity, isDoubtful: false, isQueued });
  }
  for (const [activityKey, { name, isDoubtful }] of left) {
    if (!isDoubtful) throw new Mismatch(`the activity '${name}' of '${row.id}' is missing`);
    activities.delete(activityKey);
  }
}

function findActivity(
  oracle: Oracle,
  left: ReadonlyMap<number, ActivityRow>,
  columns: ActivityColumns,
): ActivityRow | undefined {
  const known = oracle.keysOfReal.get(columns.activity_key);
  return [...left.values()].find(
    ({ activityKey, generation, taskId, name, version, effectiveVersion, request }) =>
      (known === undefined ? !oracle.realKeys.has(activityKey) : known === activityKey) &&
      isDeepStrictEqual(
        [generation, taskId, name, version, effectiveVersion],
        [columns.generation, columns.task_id, columns.name, columns.version, columns.effective_version],
      ) &&
      request.equals(columns.request),
  );
}
