import { limits } from '../domain/limits.ts';
import { type Context } from './context.ts';
import { recordStored } from './record-stored.ts';

/**
 * The safety net for lost hints and dead replicas: a few index probes. Unowned work flags its hub for a claim, bells
 * of mine are fetched (or given up, should memory not know them), those of others hinted again, and what belonged to the dead is freed. Returns how much it
 * found: 0 in a healthy, quiet run.
 */
export async function sweep(context: Context): Promise<number> {
  const { store, dispatch, metrics } = context;
  const probe = await store.probe();
  // Also what an abandon put off is found here, so it says nothing about lost hints.
  for (const { hubId, kind } of probe.claimable) dispatch.workAppeared(hubId, kind);
  for (const instance of probe.mine) {
    if (dispatch.holds(instance.key)) await fetchInbox(context, instance);
    else await store.disown(instance);
  }
  store.hint(probe.others.map((other) => ({ kind: 'bell', ...other })));
  const finds = {
    bell: probe.mine.length + probe.others.length,
    control: probe.engineWork ? await store.claimEngineWork(limits.claimRows) : 0,
    dead: probe.hasDead ? await freeDead(context) : 0,
  };
  // Answers on their way look the same as those whose hint was lost.
  if (probe.hasStoredChunks) await recordStored(context);
  dispatch.releaseUnserved();
  for (const [find, count] of Object.entries(finds)) if (count > 0) metrics.sweepFound(find, count);
  return Object.values(finds).reduce((sum, count) => sum + count);
}

/** Frees everything that belonged to replicas that are gone, in bounded steps. */
export async function freeDead({ store }: Context): Promise<number> {
  let freed = 0;
  for (let step = await store.free(); step > 0; step = await store.free()) freed += step;
  return freed;
}

/** Clears a bell and reads what it rang for. */
export async function fetchInbox(
  { store }: Context,
  { partition, key }: { readonly partition: number; readonly key: number },
): Promise<void> {
  await store.commit({ patch: { kind: 'fetch', partition, key } });
}
