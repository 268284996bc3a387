import { type MessageInput } from '../../protocol/codec.ts';
import { type ActionOf } from '../../protocol/messages.ts';
import { childFailed, isAwaited, toExecution } from '../ending.ts';
import { type InstanceId, instanceId, partitionOf } from '../ids.ts';
import { type InstanceState } from '../instance.ts';
import { payload, tagsOf, text, wrapped } from '../payload.ts';
import { toMicrosUp } from '../time.ts';
import { invalidAction, type Refusal, type TurnDraft } from '../turn-draft.ts';
import { childIdProblem, nameProblem, tagsProblem, versionProblem } from '../validate.ts';
import { type NewInstance } from '../write.ts';

type Action = ActionOf<'createSubOrchestration'>;

/** What an orchestration says of a child. */
type Child = Pick<
  Action['createSubOrchestration'],
  'name' | 'version' | 'input' | 'parentTraceContext' | 'tags'
>;

/**
 * A child. It replaces a finished namesake, because SDKs repeat ids across retries and generations (contract §1 rule
 * 16); where a living one holds the id, the parent gets a failure instead.
 */
export function createSubOrchestration(draft: TurnDraft, action: Action): Refusal | undefined {
  const { id, createSubOrchestration: child } = action;
  const { state, tools, at, events } = draft;
  const childId = instanceId(child.instanceId === '' ? defaultId(state.executionId, id) : child.instanceId);
  const problem = problemOf(childId, child);
  if (problem !== undefined) return invalidAction(problem);
  const { name, version, parentTraceContext, tags } = child;
  const input = wrapped(payload(child.input));
  const created = { instanceId: childId, name, version, input, parentTraceContext, tags };
  events.push(
    tools.codec.encodeEvent({ eventId: id, timestamp: at, subOrchestrationInstanceCreated: created }),
  );
  addChild(draft, id, childId, child);
  return undefined;
}

/** The row of the child. Nobody is its own: then the parent is told that the id is taken. */
function addChild(draft: TurnDraft, taskId: number, childId: InstanceId, child: Child): void {
  const { state, instances, messages } = draft;
  if (childId !== state.id) instances.push(newChild(draft, taskId, childId, child));
  else if (isAwaited(tagsOf(child.tags))) {
    messages.push(toExecution(state, idTaken(draft, taskId, childId)));
  }
}

function problemOf(
  childId: InstanceId,
  { name, version, tags }: Action['createSubOrchestration'],
): string | undefined {
  if (name === '') return `the orchestrator name of the sub-orchestration '${childId}' is empty`;
  return (
    childIdProblem(childId) ??
    nameProblem(name, 'orchestrator name') ??
    versionProblem(version) ??
    tagsProblem(tags)
  );
}

/** Go leaves the id to the server. */
function defaultId(executionId: string, actionId: number): string {
  return `${executionId}:${actionId.toString(16).padStart(4, '0')}`;
}

function newChild(draft: TurnDraft, taskId: number, childId: InstanceId, child: Child): NewInstance {
  const { state, tools, at } = draft;
  const { partition, key, generation, hubId } = state;
  const { ids, codec } = tools;
  const executionId = ids.executionId();
  const parentInstance = parentInfo(state, taskId);
  const wire = codec.encode('ParentInstanceInfo', parentInstance);
  const tags = tagsOf(child.tags);
  return {
    ...{ hubId, id: childId, executionId, tags },
    partition: partitionOf(hubId, childId),
    key: ids.key(),
    kind: 'orchestration',
    name: child.name,
    version: text(child.version),
    input: payload(child.input),
    parent: { partition, key, generation, taskId, wire },
    createdAt: toMicrosUp(at),
    scheduledAt: null,
    timerKey: 0,
    started: startedEvent(draft, child, {
      parentInstance,
      orchestrationInstance: { instanceId: childId, executionId: { value: executionId } },
    }),
    owned: false,
    replaces: ['completed', 'failed', 'terminated'],
    ifTaken: isAwaited(tags) ? toExecution(state, idTaken(draft, taskId, childId)) : null,
  };
}

function parentInfo(
  { id, name, version, executionId }: InstanceState,
  taskScheduledId: number,
): MessageInput<'ParentInstanceInfo'> {
  return {
    taskScheduledId,
    name: { value: name },
    version: wrapped(version),
    orchestrationInstance: { instanceId: id, executionId: { value: executionId } },
  };
}

function startedEvent(
  { tools, at }: TurnDraft,
  { name, version, input, parentTraceContext, tags }: Child,
  family: Pick<MessageInput<'ExecutionStartedEvent'>, 'parentInstance' | 'orchestrationInstance'>,
): Buffer {
  return tools.codec.encodeEvent({
    eventId: -1,
    timestamp: at,
    executionStarted: {
      ...{ name, version, parentTraceContext, tags },
      ...family,
      input: wrapped(payload(input)),
    },
  });
}

function idTaken({ at, tools }: TurnDraft, taskId: number, childId: InstanceId): Buffer {
  const errorMessage = `an orchestration instance with the id '${childId}' already exists and has not finished`;
  return childFailed(taskId, { errorType: 'OrchestrationAlreadyExists', errorMessage }, at, tools.codec);
}
