import { entityIdProblem } from './entity-id.ts';
import { signalMessage } from './entity-signal.ts';
import { payload } from './payload.ts';
import { payloadProblem } from './payload-bounds.ts';
import { newRequestId } from './request-id.ts';
import { buildInstance } from './start.ts';
import { SchedulerError } from './errors.ts';
import { type EntityBatchResult } from '../protocol/messages.ts';
import { type InstanceState } from './instance.ts';
import { type BoundedTools } from './tools.ts';
import { type EntityMessage, type NewInstance } from './write.ts';

type Action = EntityBatchResult['actions'][number];

/** What the actions of a batch add up to. */
export interface BatchDraft {
  readonly state: InstanceState;
  readonly tools: BoundedTools;
  readonly entityMessages: EntityMessage[];
  readonly instances: NewInstance[];
  /** What could not be carried out. */
  readonly skipped: string[];
}

/** What an operation asked for; what can't be done is left out and told (entities §1.7). */
export function applyOperationAction(draft: BatchDraft, action: Action): void {
  switch (action.operationActionType) {
    case 'sendSignal':
      sendSignal(draft, action.sendSignal);
      return;
    case 'startNewOrchestration':
      startOrchestration(draft, action.startNewOrchestration);
      return;
    case undefined:
      draft.skipped.push('an action of an unknown kind');
      return;
  }
}

type ActionOf<Type extends NonNullable<Action['operationActionType']>> = Extract<
  Action,
  { operationActionType: Type }
>;

function sendSignal(
  { state, tools, entityMessages, skipped }: BatchDraft,
  { instanceId: id, name, input, scheduledTime }: ActionOf<'sendSignal'>['sendSignal'],
): void {
  const problem = entityIdProblem(id, tools.bounds) ?? payloadProblem(input, 'input', tools.bounds);
  if (problem !== undefined) {
    skipped.push(`a signal: ${problem}`);
    return;
  }
  const operation = { requestId: newRequestId(tools.ids), operation: name, input, scheduledTime };
  entityMessages.push(signalMessage({ hubId: state.hubId, id, operation }, tools));
}

/** Nobody waits for it. A holder of its id that has finished is replaced; one that has not keeps it, silently. */
function startOrchestration(
  { state, tools, instances, skipped }: BatchDraft,
  action: ActionOf<'startNewOrchestration'>['startNewOrchestration'],
): void {
  const { instanceId, name, version, input, scheduledTime, parentTraceContext } = action;
  const request = {
    ...{ instanceId, name, input, parentTraceContext, scheduledStartTimestamp: scheduledTime },
    // .NET sends an empty version for none.
    version: payload(version) === null ? null : version,
    orchestrationIdReusePolicy: null,
    executionId: null,
    tags: {},
    requestTime: null,
  };
  try {
    instances.push({
      ...buildInstance(request, { hubId: state.hubId, ...tools }),
      replaces: ['completed', 'failed', 'terminated'],
    });
  } catch (error) {
    if (!(error instanceof SchedulerError)) throw error;
    skipped.push(`the start of an orchestration: ${error.message}`);
  }
}
