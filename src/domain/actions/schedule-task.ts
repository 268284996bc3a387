import { type ActionOf } from '../../protocol/messages.ts';
import { payload, text, wrapped } from '../payload.ts';
import { invalidAction, type Refusal, type TurnDraft } from '../turn-draft.ts';
import { nameProblem, tagsProblem, versionProblem } from '../validate.ts';

/** An activity: TaskScheduled in history, and work for a worker. Ids may repeat: Python retries under the same one. */
export function scheduleTask(
  { state, tools, at, events, activities }: TurnDraft,
  { id, scheduleTask: { name, version, input, tags, parentTraceContext } }: ActionOf<'scheduleTask'>,
): Refusal | undefined {
  const problem = nameProblem(name, 'activity name') ?? versionProblem(version) ?? tagsProblem(tags);
  if (problem !== undefined) return invalidAction(problem);
  const { codec, ids } = tools;
  const { partition, key, hubId, generation, executionId } = state;
  const task = { name, version, input: wrapped(payload(input)), tags, parentTraceContext };
  events.push(codec.encodeEvent({ eventId: id, timestamp: at, taskScheduled: task }));
  activities.push({
    ...{ partition, key, generation, hubId, name, taskId: id, owned: false },
    activityKey: ids.key(),
    version: text(version),
    effectiveVersion: text(version) ?? state.version,
    request: codec.encode('ActivityRequest', {
      ...task,
      taskId: id,
      orchestrationInstance: { instanceId: state.id, executionId: { value: executionId } },
    }),
  });
  return undefined;
}
