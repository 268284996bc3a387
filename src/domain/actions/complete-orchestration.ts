import { type ActionOf, type CompleteOrchestrationAction } from '../../protocol/messages.ts';
import { type Ending, failureOf } from '../ending.ts';
import { payload } from '../payload.ts';

type Completion = ActionOf<'completeOrchestration'>;

/**
 * The completion that counts, of actions in ascending order of their ids: .NET and Go can send two. Termination is
 * forceful: it beats continue-as-new; otherwise the first wins (contract §8.2).
 */
export function chooseCompletion(completions: readonly Completion[]): Completion | undefined {
  const [first] = completions;
  if (first?.completeOrchestration.orchestrationStatus !== 'ORCHESTRATION_STATUS_CONTINUED_AS_NEW') {
    return first;
  }
  const terminated = completions.find(
    ({ completeOrchestration }) =>
      completeOrchestration.orchestrationStatus === 'ORCHESTRATION_STATUS_TERMINATED',
  );
  return terminated ?? first;
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
