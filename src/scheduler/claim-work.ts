import { type WorkKind } from '../dispatch/filters.ts';
import { limits } from '../domain/limits.ts';
import { type Claim } from '../domain/store.ts';
import { type Context } from './context.ts';

/**
 * Takes unowned work that local streams accept, for every hub that may have some: hubs and filters take turns, each for
 * as many items as it has free slots. Returns how many were taken.
 */
export async function claimWork(context: Context): Promise<number> {
  const { slots } = context.dispatch;
  let taken = 0;
  for (const flag of slots.flagged()) {
    const { hubId, kind, dry } = flag;
    for (const { key, filter, streams } of slots.claimGroups(flag)) {
      const limit = Math.min(slots.freeOf(streams, kind), limits.claimRows);
      if (limit === 0) continue;
      const found = await claim(context, { hubId, filter, limit }, kind);
      taken += found;
      if (found < limit) dry.add(key);
    }
    slots.lower(flag);
  }
  return taken;
}

function claim({ store }: Context, { hubId, filter, limit }: Claim, kind: WorkKind): Promise<number> {
  if (kind === 'activity') return store.claimActivities({ hubId, filter, limit });
  return store.claimInstances({ hubId, kind, filter, limit });
}
