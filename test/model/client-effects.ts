// What clients do, to the oracle.

import { SchedulerError } from '../../src/domain/errors.ts';
import { raisedEvent, resumeControl, suspendControl, terminateControl } from '../../src/domain/events.ts';
import { instanceId, partitionOf } from '../../src/domain/ids.ts';
import { type ControlKind, type MessageDraft, ranks } from '../../src/domain/message.ts';
import { alreadyExists, buildInstance, checkIdReusePolicy, decideStart } from '../../src/domain/start.ts';
import { type NewInstance } from '../../src/domain/write.ts';
import { must } from '../../src/lib/assert.ts';
import { codec } from '../../src/protocol/codec.ts';
import { type CreateInstanceRequest, type Timestamp } from '../../src/protocol/messages.ts';
import { noteControl, noteRaise, noteStart } from './notes.ts';
import { type Oracle, type Reply, type Target } from './oracle.ts';

/** `id` is the one that the server chose, where the request has none. */
export function start(
  oracle: Oracle,
  request: CreateInstanceRequest,
  { hubId, id }: Target,
  now: Timestamp,
): Reply {
  const policy = request.orchestrationIdReusePolicy;
  try {
    checkIdReusePolicy(policy);
    const instance = buildInstance({ ...request, instanceId: id }, { hubId, ...oracle.tools(now) });
    insert(oracle, instance, policy, now);
    noteStart(oracle, request, instance);
    return { code: 'ok', id: instance.id };
  } catch (error) {
    if (!(error instanceof SchedulerError)) throw error;
    if (error.code === 'invalid_argument') oracle.saw('a start with an impossible policy was refused');
    if (error.code === 'already_exists') oracle.saw('a start was refused because its id was held');
    return { code: error.code };
  }
}

function insert(
  oracle: Oracle,
  instance: NewInstance,
  policy: CreateInstanceRequest['orchestrationIdReusePolicy'],
  now: Timestamp,
): void {
  const existing = oracle.find(instance);
  const decision = decideStart(existing?.status, policy);
  if (decision === 'reject') throw alreadyExists(instance.id, existing?.status);
  if (decision === 'terminateFirst') {
    control(oracle, instance, 'terminate', terminateControl({ output: null, recurse: false }, now, codec));
    oracle.saw('a start ended a running holder and replaced it');
  } else if (existing) oracle.saw('a start replaced a finished holder of its id');
  const replaces = existing ? (['completed', 'failed', 'terminated'] as const) : [];
  const { instances } = oracle.commit({ instances: [{ ...instance, replaces }] });
  if (instances[0] !== 'won') throw new Error(`the start of '${instance.id}' did not win its id`);
}

export function raise(
  oracle: Oracle,
  target: Target,
  event: { readonly name: string; readonly input: string | null },
  now: Timestamp,
): Reply {
  const raised = raisedEvent(event.name, event.input, now, codec);
  const sent = sendTo(oracle, target, { rank: ranks.arrived, kind: 'eventRaised', event: raised });
  noteRaise(oracle, target, sent.length > 0);
  return { code: 'ok' };
}

export function suspend(oracle: Oracle, target: Target, reason: string | null, now: Timestamp): Reply {
  const row = oracle.find(target);
  if (row && row.status !== 'suspended') oracle.suspendedAt.set(row.key, oracle.settlements);
  noteControl(oracle, target, 'suspend');
  return control(oracle, target, 'suspend', suspendControl(reason, now, codec));
}

export function resume(oracle: Oracle, target: Target, reason: string | null, now: Timestamp): Reply {
  noteControl(oracle, target, 'resume');
  return control(oracle, target, 'resume', resumeControl(reason, now, codec));
}

export function terminate(
  oracle: Oracle,
  target: Target,
  request: { output: string | null; recurse: boolean },
  now: Timestamp,
): Reply {
  noteControl(oracle, target, 'terminate');
  return control(oracle, target, 'terminate', terminateControl(request, now, codec));
}

function sendTo(oracle: Oracle, { hubId, id }: Target, message: MessageDraft): readonly unknown[] {
  const to = { by: 'id', partition: partitionOf(hubId, id), hubId, id: instanceId(id) } as const;
  return oracle.commit({ messages: [{ to, message, isFromClient: true }] }).messages[0] ?? [];
}

function control(oracle: Oracle, target: Target, kind: ControlKind, event: Buffer): Reply {
  sendTo(oracle, target, { rank: ranks.control, kind, event });
  const key = oracle.find(target)?.key;
  if (key !== undefined) {
    oracle.applyControls(must(codec.decodeEvent(event).timestamp, 'the time of a control'), key);
  }
  return { code: 'ok', state: oracle.read(target, true) };
}
