import { type ActionOf, type AnyAction, type CompleteOrchestrationAction } from '../../protocol/messages.ts';
import { type Ending, failureOf } from '../ending.ts';
import { payload } from '../payload.ts';

type Completion = ActionOf<'completeOrchestration'>;

/**
 * The completion that counts, of actions in ascending order of their ids: .NET and Go can send two. Termination is
 * forceful: it beats continue-as-new; otherwise the first wins (contract §8.2).
 */
export function chooseCompletion(actions: readonly AnyAction[]): Completion | undefined {
  let chosen: Completion | undefined;
  for (const action of actions) {
    if (action.orchestratorActionType === 'completeOrchestration' && (!chosen || beats(action, chosen))) {
      chosen = action;
    }
  }
  return chosen;
}

function beats(later: Completion, first: Completion): boolean {
  return (
    first.completeOrchestration.orchestrationStatus === 'ORCHESTRATION_STATUS_CONTINUED_AS_NEW' &&
    later.completeOrchestration.orchestrationStatus === 'ORCHESTRATION_STATUS_TERMINATED'
  );
}

/** How a completion other than continue-as-new ends the instance. Statuses that can't end one count as failed. */
export function endingOf({
  orchestrationStatus,
  result,
  failureDetails,
}: CompleteOrchestrationAction): Ending {
  const output = payload(result);
  switch (orchestrationStatus) {
    case 'ORCHESTRATION_STATUS_COMPLETED':
      return { status: 'completed', output };
    case 'ORCHESTRATION_STATUS_TERMINATED':
      return { status: 'terminated', output };
    default:
      return { status: 'failed', output, failure: failureOf(failureDetails, output) };
  }
}
