import { type ActivityRef } from '../dispatch/requests.ts';
import { type Resident } from '../dispatch/resident.ts';
import { failPoisonedInstance, poisonedActivityEvent } from '../domain/poisoned.ts';
import { failBatch } from '../domain/apply-batch.ts';
import { buildBatch } from '../domain/entity-step.ts';
import { type Tools } from '../domain/tools.ts';
import { buildTurn } from '../domain/turn.ts';
import { type Write } from '../domain/write.ts';
import { type Context, toolsOf } from './context.ts';
import { insist } from './insist.ts';
import { reloadInstance } from './reload-instance.ts';

/** Ends an instance that no worker gets through: it fails, visibly, with the reason. */
export async function quarantineInstance(
  context: Context,
  resident: Resident,
  reason: string,
): Promise<void> {
  const { store, log } = context;
  const { state, attempts } = resident;
  resident.isPatching = true;
  log.warn({ instanceId: state.id, attempts }, `an instance is quarantined: ${reason}`);
  const write = decide(resident, reason, toolsOf(context));
  const result = await store.commit(write);
  if (result.outcome === 'stale') await reloadInstance(context, resident, 'a quarantine');
}

/** An orchestration ends; an entity lives on without the operations that no worker gets through. */
function decide({ state, messages, attempts }: Resident, reason: string, tools: Tools): Write {
  if (state.kind === 'entity') {
    const errorMessage = `the operation was given up: ${reason}`;
    const failure = { errorType: 'WorkItemQuarantined', errorMessage, isNonRetriable: true };
    return failBatch(state, buildBatch(state, messages, tools.now), failure, tools);
  }
  const turn = buildTurn(state, messages, tools);
  return failPoisonedInstance({ state, turn, attempts, reason }, tools);
}

/** Answers an activity that no worker gets through with a failure that says so. */
export async function quarantineActivity(
  context: Context,
  activity: ActivityRef,
  reason: string,
): Promise<void> {
  const { store, log } = context;
  const { partition, key, activityKey, hubId, taskId, name } = activity;
  log.warn({ activity: name }, `an activity is quarantined: it was given up ${reason}`);
  const event = poisonedActivityEvent({ taskId, name, reason }, toolsOf(context));
  const write = { completion: { partition, key, activityKey, hubId, event } };
  await insist(context, 'quarantine', () => store.commit(write));
}
