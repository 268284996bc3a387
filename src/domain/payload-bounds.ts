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
/** A payload, and what it is in a sentence. */
type Part = readonly [what: string, value: Wrapper];

/** Refuses what a client sends; `what` says which in the error. */
export function checkPayload(value: Wrapper, what: string, bounds: PayloadBounds): void {
  const problem = problemOf([what, value], bounds);
  if (problem !== undefined) throw invalidArgument(problem);
}

/** Why an answer to a turn fails its orchestration, if it does. */
export function turnRefusal(
  { actions, customStatus }: OrchestratorResponse,
  bounds: PayloadBounds,
): Refusal | undefined {
  const errorMessage =
    problemOf(['custom status', customStatus], bounds) ??
    firstProblem(actions, (action) => problemOf(payloadOf(action), bounds));
  return errorMessage === undefined ? undefined : { errorType: ERROR_TYPE, errorMessage };
}

/** The same answer, or a failure in its place. */
export function boundedResult(response: ActivityResponse, bounds: PayloadBounds): ActivityResponse {
  const problem = problemOf(['result of the activity', response.result], bounds);
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

/** What is wrong with the size of a payload, if anything; `what` says which in the sentence. */
export function payloadProblem(value: Wrapper, what: string, bounds: PayloadBounds): string | undefined {
  return problemOf([what, value], bounds);
}

const ERROR_TYPE = 'PayloadTooLarge';

function failureOf(errorMessage: string): TaskFailureDetails {
  return {
    ...{ errorType: ERROR_TYPE, errorMessage, isNonRetriable: true },
    ...{ stackTrace: null, innerFailure: null, properties: {} },
  };
}

function firstProblem<T>(all: readonly T[], find: (one: T) => string | undefined): string | undefined {
  for (const one of all) {
    const problem = find(one);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** A character has three bytes of UTF-8 at most: short ones needn't be counted. */
function problemOf([what, value]: Part, { payloadBytes }: PayloadBounds): string | undefined {
  if (!value || value.value.length * 3 <= payloadBytes) return undefined;
  const bytes = Buffer.byteLength(value.value);
  if (bytes <= payloadBytes) return undefined;
  return `the ${what} has ${bytes} bytes; at most ${payloadBytes} are allowed (PERDURA_MAX_PAYLOAD_MB)`;
}

const nothing: Part = ['nothing', null];

function payloadOf(action: AnyAction): Part {
  switch (action.orchestratorActionType) {
    case 'scheduleTask':
      return ['input of the activity', action.scheduleTask.input];
    case 'createSubOrchestration':
      return ['input of the sub-orchestration', action.createSubOrchestration.input];
    case 'sendEvent':
      return ['data of the event', action.sendEvent.data];
    case 'completeOrchestration':
      return ['output of the orchestration', action.completeOrchestration.result];
    case 'terminateOrchestration':
      return ['reason of the termination', action.terminateOrchestration.reason];
    case 'sendEntityMessage':
      return entityPayload(action.sendEntityMessage);
    default:
      return nothing;
  }
}

function entityPayload(message: ActionOf<'sendEntityMessage'>['sendEntityMessage']): Part {
  switch (message.EntityMessageType) {
    case 'entityOperationSignaled':
      return ['input of the signal', message.entityOperationSignaled.input];
    case 'entityOperationCalled':
      return ['input of the call', message.entityOperationCalled.input];
    default:
      return nothing;
  }
}
