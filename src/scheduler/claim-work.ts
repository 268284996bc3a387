import { type WorkKind } from '../dispatch/filters.ts';
import { limits } from '../domain/limits.ts';
import { type Claim } from '../domain/store.ts';
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
    const filter = dispatch.slots.claimFilter(hubId, kind);
    const found = filter === null ? 0 : await claim(context, { hubId, filter, limit }, kind);
    taken += found;
    // What only a busy stream accepts was not looked for: the flag stays up for it.
    const sawAll = filter === 'everything' || !dispatch.slots.hasBusyStream(hubId, kind);
    if (found < limit && sawAll) dispatch.slots.unflag(hubId, kind, version);
  }
  return taken;
}

function claim({ store }: Context, { hubId, filter, limit }: Claim, kind: WorkKind): Promise<number> {
  if (kind === 'activity') return store.claimActivities({ hubId, filter, limit });
  return store.claimInstances({ hubId, kind, filter, limit });
}
