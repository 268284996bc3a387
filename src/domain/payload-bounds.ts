// How large a payload may be: one input, output, result, event, custom status or state. A client's call is refused. A
// worker could do nothing with an error, so what it answered becomes a failure that says why.

import {
  type ActionOf,
  type ActivityResponse,
  type AnyAction,
  type EntityBatchResult,
  type OrchestratorResponse,
  type TaskFailureDetails,
} from '../protocol/messages.ts';
import { invalidArgument } from './errors.ts';
import { type Bounds } from './limits.ts';
import { type Wrapper } from './payload.ts';
import { type Refusal } from './turn-draft.ts';

type PayloadBounds = Pick<Bounds, 'payloadBytes'>;

/** Refuses what a client sends; `what` says which in the error. */
export function checkPayload(value: Wrapper, what: string, bounds: PayloadBounds): void {
  const problem = payloadProblem(value, what, bounds);
  if (problem !== undefined) throw invalidArgument(problem);
}

/** Why an answer to a turn fails its orchestration, if it does. */
export function turnRefusal(
  { actions, customStatus }: OrchestratorResponse,
  bounds: PayloadBounds,
): Refusal | undefined {
  let problem = payloadProblem(customStatus, 'custom status', bounds);
  for (const action of actions) problem ??= actionProblem(action, bounds);
  return problem === undefined ? undefined : { errorType: ERROR_TYPE, errorMessage: problem };
}

/** The same answer, or a failure in its place. */
export function boundedResult(response: ActivityResponse, bounds: PayloadBounds): ActivityResponse {
  const problem = payloadProblem(response.result, 'result of the activity', bounds);
  return problem === undefined ? response : { ...response, result: null, failureDetails: failureOf(problem) };
}

/** What an operation of an entity gave: its output, or why it failed. */
export type OperationOutcome =
  { readonly output: NonNullable<Wrapper> | null } | { readonly failure: TaskFailureDetails | null };

/** The outcome that an operation's caller is told: that of an output which is too large is a failure. */
export function boundedOutcome(
  result: EntityBatchResult['results'][number],
  bounds: PayloadBounds,
): OperationOutcome {
  if (result.resultType === 'failure') return { failure: result.failure.failureDetails };
  const output = result.resultType === 'success' ? result.success.result : null;
  const problem = payloadProblem(output, 'result of the operation', bounds);
  return problem === undefined ? { output: output ?? null } : { failure: failureOf(problem) };
}

/**
 * What is wrong with the size of a payload, if anything; `what` says which in the sentence. A character has three bytes
 * of UTF-8 at most: short ones needn't be counted.
 */
export function payloadProblem(
  value: Wrapper,
  what: string,
  { payloadBytes }: PayloadBounds,
): string | undefined {
  if (!value || value.value.length * 3 <= payloadBytes) return undefined;
  const bytes = Buffer.byteLength(value.value);
  if (bytes <= payloadBytes) return undefined;
  return `the ${what} has ${bytes} bytes; at most ${payloadBytes} are allowed (PERDURA_MAX_PAYLOAD_MB)`;
}

const ERROR_TYPE = 'PayloadTooLarge';

function failureOf(errorMessage: string): TaskFailureDetails {
  return {
    ...{ errorType: ERROR_TYPE, errorMessage, isNonRetriable: true },
    ...{ stackTrace: null, innerFailure: null, properties: {} },
  };
}

function actionProblem(action: AnyAction, bounds: PayloadBounds): string | undefined {
  switch (action.orchestratorActionType) {
    case 'scheduleTask':
      return payloadProblem(action.scheduleTask.input, 'input of the activity', bounds);
    case 'createSubOrchestration':
      return payloadProblem(action.createSubOrchestration.input, 'input of the sub-orchestration', bounds);
    case 'sendEvent':
      return payloadProblem(action.sendEvent.data, 'data of the event', bounds);
    case 'completeOrchestration':
      return payloadProblem(action.completeOrchestration.result, 'output of the orchestration', bounds);
    case 'terminateOrchestration':
      return payloadProblem(action.terminateOrchestration.reason, 'reason of the termination', bounds);
    case 'sendEntityMessage':
      return entityMessageProblem(action.sendEntityMessage, bounds);
    default:
      return undefined;
  }
}

function entityMessageProblem(
  message: ActionOf<'sendEntityMessage'>['sendEntityMessage'],
  bounds: PayloadBounds,
): string | undefined {
  switch (message.EntityMessageType) {
    case 'entityOperationSignaled':
      return payloadProblem(message.entityOperationSignaled.input, 'input of the signal', bounds);
    case 'entityOperationCalled':
      return payloadProblem(message.entityOperationCalled.input, 'input of the call', bounds);
    default:
      return undefined;
  }
}
