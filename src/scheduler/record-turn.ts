import { Clock } from '../dispatch/clock.ts';
import { type Resident } from '../dispatch/resident.ts';
import { applyActions, type TurnOutcome } from '../domain/apply-actions.ts';
import { countActions } from '../domain/count-actions.ts';
import { SchedulerError } from '../domain/errors.ts';
import { type Turn } from '../domain/turn.ts';
import { type OrchestratorResponse } from '../protocol/messages.ts';
import { must } from '../lib/assert.ts';
import { commitOwned, withOwners } from './commit-owned.ts';
import { type Context } from './context.ts';
import { reloadInstance } from './reload-instance.ts';
import { startedEventOf } from './started-event.ts';

/**
 * Records what a worker made of a turn: decide, commit, and what the commit means to memory is settled before this
 * resolves. An answer that can't be recorded counts as a failed delivery; the worker is told OK, because repeating it
 * would not help.
 */
export async function recordTurn(
  context: Context,
  resident: Resident,
  response: OrchestratorResponse,
): Promise<void> {
  const { dispatch, log, metrics } = context;
  const { turn, stream, sentMs } = must(resident.lease, 'the lease of an answered turn');
  dispatch.takeLease(resident);
  metrics.answered('orchestration', Clock.monotonicMs() - sentMs);
  try {
    const write = withOwners(context, decide(context, resident, turn, response));
    const result = await commitOwned(context, write);
    dispatch.abandons.clear(resident.state.key);
    if (result.outcome === 'stale') await reloadInstance(context, resident, 'a turn');
    else for (const [kind, count] of countActions(write)) metrics.acted(stream.hub, kind, count);
  } catch (error) {
    resident.patched();
    if (error instanceof SchedulerError && (error.code === 'unavailable' || error.code === 'unknown')) {
      // Nobody's fault: the turn goes out again, and the worker may repeat its answer until then.
      dispatch.wake(resident);
      throw error;
    }
    log.error({ err: error, instanceId: resident.state.id }, 'a turn could not be recorded');
    dispatch.failDelivery(resident, error instanceof Error ? error.message : String(error));
  }
}

function decide(
  context: Context,
  resident: Resident,
  turn: Turn,
  response: OrchestratorResponse,
): TurnOutcome {
  const { codec, ids, now } = context;
  const { state } = resident;
  const input = {
    state,
    turn,
    get started() {
      return startedEventOf(resident, turn);
    },
  };
  return applyActions(input, response, { codec, ids, now: now() });
}
