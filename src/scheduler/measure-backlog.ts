import { type Context } from './context.ts';

/** Reports how much work waits in the database for a replica with a free slot. */
export async function measureBacklog({ store, metrics }: Context): Promise<void> {
  metrics.backlog(await store.readBacklog());
}
