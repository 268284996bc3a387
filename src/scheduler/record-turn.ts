import { type Resident } from '../dispatch/resident.ts';
import { applyActions, type TurnOutcome } from '../domain/apply-actions.ts';
import { type Turn } from '../domain/turn.ts';
import { type OrchestratorResponse } from '../protocol/messages.ts';
import { must } from '../lib/assert.ts';
import { type Context, toolsOf } from './context.ts';
import { startedEventOf } from './started-event.ts';
import { commitAnswer, takeAnswer } from './take-answer.ts';

/**
 * Records what a worker made of a turn: decide, commit, and what the commit means to memory is settled before this
 * resolves.
 */
export async function recordTurn(
  context: Context,
  resident: Resident,
  response: OrchestratorResponse,
): Promise<void> {
  const { turn, stream } = must(resident.lease, 'the lease of an answered turn');
  await takeAnswer(context, resident, () =>
    commitAnswer(context, {
      resident,
      hub: stream.hub,
      write: decide(context, resident, turn, response),
    }),
  );
}

function decide(
  context: Context,
  resident: Resident,
  turn: Turn,
  response: OrchestratorResponse,
): TurnOutcome {
  const { state } = resident;
  const input = {
    state,
    turn,
    get started() {
      return startedEventOf(resident, turn);
    },
  };
  return applyActions(input, response, toolsOf(context));
}
