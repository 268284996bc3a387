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
  // What this replica sent and knows nothing of any more is over.
  if (!lease && token.incarnation === store.replicaId) return;
  metrics.redelivered('activity');
  const readyInMs = backOffMs(dispatch.abandons.add(token.activityKey, lease?.stream));
  const isOwn = lease !== undefined;
  const released = { ...releaseOf({ ...token, hubId }, lease?.attempt ?? token.attempt, readyInMs), isOwn };
  await insist(context, 'release-activities', () => store.commit({ releasedActivities: [released] }));
}
