import { type WorkKind } from '../dispatch/filters.ts';
import { limits } from '../domain/limits.ts';
import { type Context } from './context.ts';

/**
 * Takes unowned work that local streams accept, for every hub that may have some: hubs take turns, each for as many
 * items as it has free slots. Returns how many were taken.
 */
export async function claimWork(context: Context): Promise<number> {
  const { dispatch } = context;
  let taken = 0;
  for (const { hubId, kind, version } of dispatch.slots.flagged()) {
    const limit = Math.min(dispatch.freeSlots(hubId, kind), limits.claimRows);
    if (limit <= 0) continue;
    const found = await claim(context, hubId, kind, limit);
    taken += found;
    if (found < limit) dispatch.slots.unflag(hubId, kind, version);
  }
  return taken;
}

async function claim({ dispatch, store }: Context, hubId: number, kind: WorkKind, limit: number): Promise<number> {
  const filter = dispatch.claimFilter(hubId, kind);
  if (filter === null) return 0;
  if (kind === 'activity') return store.claimActivities({ hubId, filter, limit });
  return store.claimInstances({ hubId, kind, filter, limit });
}
