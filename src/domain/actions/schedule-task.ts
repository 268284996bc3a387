import { type ActionOf, type HistoryEventOf } from '../../protocol/messages.ts';
import { payload, text, wrapped } from '../payload.ts';
import { invalidAction, type Refusal, type TurnDraft } from '../turn-draft.ts';
import { nameProblem, tagsProblem, versionProblem } from '../validate.ts';

type TaskScheduledEvent = HistoryEventOf<'taskScheduled'>['taskScheduled'];

/** An activity: TaskScheduled in history, and work for a worker. Ids may repeat: Python retries under the same one. */
export function scheduleTask(
  draft: TurnDraft,
  { id, scheduleTask: { name, version, input, tags, parentTraceContext } }: ActionOf<'scheduleTask'>,
): Refusal | undefined {
  const problem = nameProblem(name, 'activity name') ?? versionProblem(version) ?? tagsProblem(tags);
  if (problem !== undefined) return invalidAction(problem);
  const { tools, at, events } = draft;
  const task = { name, version, input: wrapped(payload(input)), tags, parentTraceContext };
  events.push(tools.codec.encodeEvent({ eventId: id, timestamp: at, taskScheduled: task }));
  addActivity(draft, id, task);
  return undefined;
}

/** The row that workers are given. */
export function addActivity(
  { state, tools, activities }: TurnDraft,
  taskId: number,
  task: Pick<TaskScheduledEvent, 'name' | 'version' | 'input' | 'tags' | 'parentTraceContext'>,
): void {
  const { partition, key, hubId, generation, executionId } = state;
  const { name, input, tags, parentTraceContext } = task;
  const version = text(task.version);
  const orchestrationInstance = { instanceId: state.id, executionId: { value: executionId } };
  const request = {
    name,
    version: task.version,
    input,
    orchestrationInstance,
    taskId,
    parentTraceContext,
    tags,
  };
  activities.push({
    partition,
    key,
    generation,
    hubId,
    name,
    taskId,
    owned: false,
    activityKey: tools.ids.key(),
    version,
    effectiveVersion: version ?? state.version,
    request: tools.codec.encode('ActivityRequest', request),
  });
}
