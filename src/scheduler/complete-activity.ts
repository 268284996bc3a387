import { Clock } from '../dispatch/clock.ts';
import { type ActivityLease, releaseOf } from '../dispatch/activities.ts';
import { decodeToken } from '../domain/completion-token.ts';
import { SchedulerError } from '../domain/errors.ts';
import { activityResult } from '../domain/events.ts';
import { instanceId, type InstanceKey } from '../domain/ids.ts';
import { boundedResult } from '../domain/payload-bounds.ts';
import { canBeInstanceId } from '../domain/validate.ts';
import { type ActivityResponse } from '../protocol/messages.ts';
import { type HubContext } from './context.ts';
import { insist } from './insist.ts';

interface ActivityKey extends InstanceKey {
  readonly activityKey: number;
  readonly taskId: number;
}

/**
 * A worker answers an activity (contract §12.2), at whichever replica: the first answer for a row that still exists is
 * recorded, whatever its attempt; all others are accepted and ignored.
 */
export async function completeActivity(context: HubContext, response: ActivityResponse): Promise<void> {
  const { dispatch, store, hubId, codec, now, settings } = context;
  const token =
    response.completionToken === '' ? await findTask(context, response) : decodeActivityToken(response);
  if (!token) return;
  const { partition, key, activityKey, taskId } = token;
  const lease = dispatch.takeActivity(activityKey, hubId);
  if (lease) context.metrics.answered('activity', Clock.monotonicMs() - lease.sentMs);
  dispatch.abandons.clear(activityKey);
  const event = activityResult(boundedResult(response, settings.bounds), taskId, now(), codec);
  try {
    await store.commit({ completion: { partition, key, activityKey, hubId, event } });
  } catch (error) {
    // The worker may not repeat its answer: then the activity runs again.
    if (lease) void returnActivity(context, lease, isOutage(error) ? lease.attempt : lease.attempt + 1);
    throw error;
  }
}

function isOutage(error: unknown): boolean {
  return error instanceof SchedulerError && (error.code === 'unavailable' || error.code === 'unknown');
}

async function returnActivity(context: HubContext, lease: ActivityLease, attempt: number): Promise<void> {
  const released = { releasedActivities: [releaseOf(lease, attempt, 0)] };
  await insist(context, 'release-activities', () => context.store.commit(released));
}

function decodeActivityToken({ completionToken }: ActivityResponse): ActivityKey | undefined {
  const token = decodeToken(completionToken);
  return token?.kind === 'activity' ? token : undefined;
}

/** Go workers send no token: the newest lease of (instance, task) is meant, else the newest row. */
async function findTask(context: HubContext, response: ActivityResponse): Promise<ActivityKey | undefined> {
  const { store, dispatch, hubId } = context;
  const { taskId } = response;
  if (!canBeInstanceId(response.instanceId)) return undefined;
  const [instance] = await store.readInstances([{ hubId, id: instanceId(response.instanceId) }], false);
  if (!instance) return undefined;
  const lease = dispatch.activities.findByTask(instance, taskId);
  if (lease) return lease;
  const activityKey = await store.findActivity(instance, taskId);
  if (activityKey === undefined) return undefined;
  return { partition: instance.partition, key: instance.key, activityKey, taskId };
}
