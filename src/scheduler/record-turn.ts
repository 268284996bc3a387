import { type Resident } from '../dispatch/resident.ts';
import { applyActions } from '../domain/apply-actions.ts';
import { type OrchestratorResponse } from '../protocol/messages.ts';
import { must } from '../lib/assert.ts';
import { type Context, toolsOf } from './context.ts';
import { startedEventOf } from './started-event.ts';
import { recordAnswer } from './take-answer.ts';

/**
 * Records what a worker made of a turn: decide, commit, and what the commit means to memory is settled before this
 * resolves.
 */
export function recordTurn(
  context: Context,
  resident: Resident,
  response: OrchestratorResponse,
): Promise<void> {
  const { turn } = must(resident.lease, 'the lease of an answered turn');
  return recordAnswer(context, resident, () => {
    const input = {
      state: resident.state,
      turn,
      get started() {
        return startedEventOf(resident, turn);
      },
    };
    return applyActions(input, response, toolsOf(context));
  });
}
