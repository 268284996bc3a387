import { releaseOf } from '../dispatch/activities.ts';
import { backOffMs } from '../domain/back-off.ts';
import { decodeToken } from '../domain/completion-token.ts';
import { type HubContext } from './context.ts';
import { insist } from './insist.ts';

/** A worker gives an activity back: it is queued again with a growing delay, and counts as no attempt (contract §12.2). */
export async function abandonActivity(context: HubContext, completionToken: string): Promise<void> {
  const token = decodeToken(completionToken);
  if (token?.kind !== 'activity') return;
  const { dispatch, store, hubId, metrics } = context;
  const lease = dispatch.takeActivity(token.activityKey, hubId);
  if (!lease) return;
  metrics.redelivered('activity');
  const readyInMs = backOffMs(dispatch.abandons.add(token.activityKey, lease.stream));
  const released = { releasedActivities: [releaseOf(lease, lease.attempt, readyInMs)] };
  await insist(context, 'release-activities', () => store.commit(released));
}
