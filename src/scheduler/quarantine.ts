import { type ActivityRef } from '../dispatch/requests.ts';
import { type Resident } from '../dispatch/resident.ts';
import { failPoisonedInstance, poisonedActivityEvent } from '../domain/poisoned.ts';
import { buildTurn } from '../domain/turn.ts';
import { type Context } from './context.ts';
import { insist } from './insist.ts';
import { reloadInstance } from './reload-instance.ts';

/** Ends an instance that no worker gets through: it fails, visibly, with the reason. */
export async function quarantineInstance(
  context: Context,
  resident: Resident,
  reason: string,
): Promise<void> {
  const { codec, ids, now, store, log } = context;
  const { state, messages, attempts } = resident;
  resident.isPatching = true;
  log.warn({ instanceId: state.id, attempts }, `an instance is quarantined: ${reason}`);
  const turn = buildTurn(state, messages, { now: now(), codec });
  const write = failPoisonedInstance({ state, turn, attempts, reason }, { codec, ids, now: now() });
  const result = await store.commit(write);
  if (result.outcome === 'stale') await reloadInstance(context, resident, 'a quarantine');
}

/** Answers an activity that no worker gets through with a failure that says so. */
export async function quarantineActivity(
  context: Context,
  activity: ActivityRef,
  reason: string,
): Promise<void> {
  const { codec, ids, now, store, log } = context;
  const { partition, key, activityKey, hubId, taskId, name } = activity;
  log.warn({ activity: name }, `an activity is quarantined: it was given up ${reason}`);
  const event = poisonedActivityEvent({ taskId, name, reason }, { codec, ids, now: now() });
  const write = { completion: { partition, key, activityKey, hubId, event } };
  await insist(context, 'quarantine', () => store.commit(write));
}
