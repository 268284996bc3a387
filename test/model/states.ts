import { type OrchestrationState } from '../../src/protocol/messages.ts';
import { same } from './mismatch.ts';
import { isProvisional } from './oracle.ts';

/** Compares what a client is shown. Times are only looked at for being there. */
export function compareStates(
  id: string,
  is: OrchestrationState | null,
  should: OrchestrationState | null,
): void {
  const isKnown = !should?.executionId || !isProvisional(should.executionId.value);
  same(`the state of '${id}'`, is && shapeOf(is, isKnown), should && shapeOf(should, isKnown));
}

function shapeOf(state: OrchestrationState, hasExecution: boolean): unknown {
  return {
    ...state,
    createdTimestamp: state.createdTimestamp !== null,
    lastUpdatedTimestamp: state.lastUpdatedTimestamp !== null,
    completedTimestamp: state.completedTimestamp !== null,
    executionId: hasExecution ? state.executionId : null,
  };
}
