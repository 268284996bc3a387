import {
  type CreateInstanceRequest,
  type OrchestrationIdReusePolicy,
  type Timestamp,
} from '../protocol/messages.ts';
import { invalidArgument, SchedulerError } from './errors.ts';
import { type InstanceId, instanceId, partitionOf } from './ids.ts';
import { type InstanceSnapshot, type InstanceStatus, isTerminal, type TerminalStatus } from './instance.ts';
import { type Bounds } from './limits.ts';
import { checkPayload } from './payload-bounds.ts';
import { payload, tagsOf, text, wrapped } from './payload.ts';
import { compareTimes, toDueMicros, toMicrosUp } from './time.ts';
import { type BoundedTools } from './tools.ts';
import { checkInstanceId, checkName, checkTags, checkVersion, nameProblem } from './validate.ts';
import { wireStatuses } from './wire-status.ts';
import { type NewInstance } from './write.ts';

const terminalStatuses: readonly TerminalStatus[] = ['completed', 'failed', 'terminated'];
const livingStatuses: readonly InstanceStatus[] = ['running', 'pending', 'suspended'];

/** Looked at before the instance is (contract §4.2). The text is part of the contract. */
export function checkIdReusePolicy(policy: OrchestrationIdReusePolicy | null): void {
  if (!policy || allows(policy, 'terminated')) return;
  if (livingStatuses.some((status) => allows(policy, status))) {
    throw invalidArgument(
      "Invalid reusable statuses: cannot exclude 'Terminated' while also allowing reuse of running instances",
    );
  }
}

/**
 * What a start does about the holder of its id: nothing is in the way; the holder is replaced if it still has one of
 * these statuses; it is running and must be terminated before; or the start is refused. No policy: finished ones are
 * replaced. A policy that lists nothing replaces nothing.
 */
export type StartDecision =
  'create' | { readonly replace: readonly TerminalStatus[] } | 'terminateFirst' | 'reject';

export function decideStart(
  existing: InstanceStatus | undefined,
  policy: OrchestrationIdReusePolicy | null,
): StartDecision {
  if (existing === undefined) return 'create';
  if (policy ? !allows(policy, existing) : !isTerminal(existing)) return 'reject';
  if (!isTerminal(existing)) return 'terminateFirst';
  return { replace: policy ? terminalStatuses.filter((status) => allows(policy, status)) : terminalStatuses };
}

export function alreadyExists(id: string, status: InstanceStatus | undefined): SchedulerError {
  const shown = status === undefined ? '' : ` and is ${status.toUpperCase()}`;
  return new SchedulerError(
    'already_exists',
    `an orchestration instance with the id '${id}' already exists${shown}`,
  );
}

export function instanceNotFound(id: string): SchedulerError {
  return new SchedulerError('not_found', `there is no orchestration instance with the id '${id}'`);
}

export interface StartTools extends BoundedTools {
  readonly hubId: number;
}

/** The instance that a client asks for. Throws `invalid_argument`. It replaces nobody until that has been decided. */
export function buildInstance(
  request: CreateInstanceRequest,
  { hubId, now, ids, codec, bounds }: StartTools,
): NewInstance {
  check(request, bounds);
  const { name, version, parentTraceContext } = request;
  const id = instanceId(request.instanceId === '' ? ids.executionId() : request.instanceId);
  const executionId = payload(request.executionId) ?? ids.executionId();
  const scheduledStart = futureStart(request, now);
  const started = codec.encodeEvent({
    eventId: -1,
    timestamp: now,
    executionStarted: {
      ...{ name, version, parentTraceContext },
      input: wrapped(payload(request.input)),
      orchestrationInstance: { instanceId: id, executionId: { value: executionId } },
      scheduledStartTimestamp: scheduledStart,
      tags: request.tags,
    },
  });
  return {
    ...{ hubId, id, name, executionId, started },
    partition: partitionOf(hubId, id),
    key: ids.key(),
    kind: 'orchestration',
    version: text(version),
    input: payload(request.input),
    tags: tagsOf(request.tags),
    parent: null,
    createdAt: toMicrosUp(now),
    scheduledAt: scheduledStart && toDueMicros(scheduledStart),
    timerKey: scheduledStart ? ids.key() : 0,
    owned: false,
    replaces: [],
    ifTaken: null,
  };
}

/**
 * The same orchestration once more, from its current input (contract §5.4). It has no parent, and takes the place of a
 * finished holder of its id.
 */
export function restartedInstance(
  { name, version, input, tags }: InstanceSnapshot,
  id: InstanceId,
  tools: StartTools,
): NewInstance {
  const { hubId, now, ids, codec } = tools;
  const executionId = ids.executionId();
  const executionStarted = {
    ...{ name, version: wrapped(version), input: wrapped(input), tags: { ...tags } },
    orchestrationInstance: { instanceId: id, executionId: { value: executionId } },
  };
  return {
    ...{ hubId, id, name, version, input, tags, executionId },
    partition: partitionOf(hubId, id),
    key: ids.key(),
    kind: 'orchestration',
    parent: null,
    createdAt: toMicrosUp(now),
    scheduledAt: null,
    timerKey: 0,
    started: codec.encodeEvent({ eventId: -1, timestamp: now, executionStarted }),
    owned: false,
    replaces: terminalStatuses,
    ifTaken: null,
  };
}

function check(
  { instanceId: id, name, version, tags, executionId, input }: CreateInstanceRequest,
  bounds: Bounds,
): void {
  if (id !== '') checkInstanceId(id, bounds);
  checkPayload(input, 'input of the orchestration', bounds);
  checkName(name, 'orchestrator name');
  checkVersion(version);
  checkTags(tags);
  const problem = nameProblem(text(executionId) ?? '', 'execution id');
  if (problem !== undefined) throw invalidArgument(problem);
}

/** JavaScript sends the epoch when no start was asked for; what is not in the future is at once. */
function futureStart(
  { scheduledStartTimestamp: start }: CreateInstanceRequest,
  now: Timestamp,
): Timestamp | null {
  return start && compareTimes(start, now) > 0 ? start : null;
}

function allows({ replaceableStatus }: OrchestrationIdReusePolicy, status: InstanceStatus): boolean {
  return replaceableStatus.includes(wireStatuses[status]);
}
