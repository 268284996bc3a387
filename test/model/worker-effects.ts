// What workers do, to the oracle.

import { applyActions } from '../../src/domain/apply-actions.ts';
import { backOffMs } from '../../src/domain/back-off.ts';
import { activityResult } from '../../src/domain/events.ts';
import { must } from '../../src/lib/assert.ts';
import { codec } from '../../src/protocol/codec.ts';
import { unframe } from '../../src/protocol/framing.ts';
import {
  type ActivityResponse,
  type OrchestratorResponse,
  type Timestamp,
} from '../../src/protocol/messages.ts';
import { PATIENCE_MS } from '../helpers/scripted-worker.ts';
import { endBatch } from './entity-effects.ts';
import { noteActivity, noteChildren, noteTurn } from './notes.ts';
import { type Oracle, type TurnOut } from './oracle.ts';
import { type ActivityRow, type InstanceRow } from './rows.ts';

type Proof = Pick<TurnOut, 'hubId' | 'token'>;

/** An answer to the turn that went out with that token. */
export function answer(oracle: Oracle, proof: Proof, response: OrchestratorResponse, now: Timestamp): void {
  const found = findOut(oracle, proof);
  if (!found) {
    oracle.saw('a stale answer was ignored');
    return;
  }
  const { row, out } = found;
  const answered = { state: row, turn: out.turn, started: startedOf(oracle, row, out) };
  const outcome = applyActions(answered, response, oracle.tools(now));
  noteTurn(oracle, { row, out, response, outcome });
  oracle.endTurn(row.key, out);
  oracle.abandons.delete(row.key);
  const { instances } = oracle.commit(outcome);
  noteChildren(oracle, outcome, instances);
}

/** A worker gives a turn back, at the replica that owns the instance. */
export function abandonTurn(oracle: Oracle, proof: Proof): void {
  const found = findOut(oracle, proof);
  if (!found) return;
  oracle.endTurn(found.row.key, found.out);
  delay(oracle, found.row.key);
  oracle.saw('a turn was abandoned');
}

export function completeActivity(
  oracle: Oracle,
  { activityKey, hubId, key, taskId }: ActivityRow,
  response: ActivityResponse,
  now: Timestamp,
): void {
  const activity = oracle.store.activities.get(activityKey);
  if (!activity) {
    oracle.saw('a second result of an activity was ignored');
    return;
  }
  const event = activityResult(response, taskId, now, codec);
  const before = oracle.store.inboxOf(key).length;
  endLease(oracle, activity);
  oracle.commit({ completion: { partition: activity.partition, key, activityKey, hubId, event } });
  noteActivity(oracle, activity, { response, isTold: oracle.store.inboxOf(key).length > before });
}

export function abandonActivity(oracle: Oracle, activityKey: number): void {
  const activity = oracle.store.activities.get(activityKey);
  if (!activity || !oracle.leases.has(activityKey)) return;
  endLease(oracle, activity);
  oracle.store.activities.set(activityKey, { ...activity, isLeased: false });
  delay(oracle, activityKey);
  oracle.saw('an activity was abandoned');
}

/** What was out on it goes out again. */
export function loseStream(oracle: Oracle, stream: number): void {
  for (const [key, out] of [...oracle.turns]) {
    if (out.stream !== stream) continue;
    // Of a suspended instance nobody sees when the lease ends: until then its token still counts.
    if (oracle.store.instances.get(key)?.status === 'suspended') oracle.turns.delete(key);
    else oracle.endTurn(key, out);
    oracle.saw('a turn of a lost stream came again');
  }
  for (const out of [...oracle.batches.values()]) {
    if (out.stream !== stream) continue;
    endBatch(oracle, out);
    oracle.saw('a batch of a lost stream came again');
  }
  for (const [activityKey, out] of oracle.leases) {
    const activity = out.stream === stream ? oracle.store.activities.get(activityKey) : undefined;
    if (!activity) continue;
    oracle.leases.delete(activityKey);
    oracle.store.activities.set(activityKey, { ...activity, isLeased: false });
    oracle.saw('an activity of a lost stream came again');
  }
}

function findOut(oracle: Oracle, { hubId, token }: Proof): { row: InstanceRow; out: TurnOut } | undefined {
  for (const [key, out] of oracle.turns) {
    const row = out.token === token ? oracle.store.instances.get(key) : undefined;
    if (row?.hubId === hubId) return { row, out };
  }
  return undefined;
}

/** The event as it was sent: its execution id is the real one. */
function startedOf(oracle: Oracle, { key }: InstanceRow, { turn }: TurnOut): Buffer {
  if (turn.consumed.some(({ kind }) => kind === 'started')) return must(turn.events[1], 'ExecutionStarted');
  const [first] = oracle.store.history.get(key) ?? [];
  return must(unframe(must(first, 'the history of a running execution').events)[1], 'ExecutionStarted');
}

function endLease(oracle: Oracle, { activityKey, hubId, key, taskId }: ActivityRow): void {
  const lease = oracle.leases.get(activityKey);
  if (!lease) return;
  oracle.leases.delete(activityKey);
  const id = oracle.store.instances.get(key)?.id ?? '';
  oracle.deadTokens.push({ token: lease.token, kind: 'activity', hubId, instanceId: id, taskId });
}

export function delay(oracle: Oracle, key: number): void {
  const count = (oracle.abandons.get(key) ?? 0) + 1;
  oracle.abandons.set(key, count);
  const untilMs = performance.now() + backOffMs(count) + PATIENCE_MS;
  oracle.delayed.set(key, { since: oracle.settlements, untilMs });
}
