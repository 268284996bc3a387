import { taskHubNotFound } from '../domain/errors.ts';
import { quotaChanges } from '../domain/quota.ts';
import { type HubContext } from './context.ts';
import { refreshQuotas } from './refresh-quotas.ts';

/**
 * Sets quotas of a task hub, or takes back what was set; those that are not named stay. They hold here at once, at other
 * replicas within seconds. Rejects with `invalid_argument`.
 */
export async function setQuotas(
  context: HubContext,
  asked: Parameters<typeof quotaChanges>[0],
): Promise<void> {
  const { store, hub, hubId, settings } = context;
  const changes = quotaChanges(asked, settings.bounds);
  if (changes.size > 0 && !(await store.setQuotas(hubId, changes))) {
    const current = await context.current();
    if (current.hubId === hubId) throw taskHubNotFound(hub);
    return setQuotas(current, asked);
  }
  store.hint([{ kind: 'hubs' }]);
  await refreshQuotas(context);
}
