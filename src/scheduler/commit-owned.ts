import { type Write, type WriteResult } from '../domain/write.ts';
import { type Context } from './context.ts';

/**
 * Commits a write whose rows become this replica's own where a local stream has a free slot for them (eager dispatch),
 * and takes back the slots of rows that did not come to be.
 */
export function commitOwned(context: Context, write: Write): Promise<WriteResult> {
  if (!write.activities && !write.instances) return context.store.commit(write);
  return commitPromised(context, withOwners(context, write));
}

async function commitPromised({ store, dispatch }: Context, owned: Write): Promise<WriteResult> {
  try {
    const result = await store.commit(owned);
    if (result.outcome === 'stale') dispatch.slots.cancel(owned);
    else {
      const taken = owned.instances?.filter((_, i) => result.instances[i] === 'taken');
      if (taken) dispatch.slots.cancel({ instances: taken });
    }
    return result;
  } catch (error) {
    dispatch.slots.cancel(owned);
    throw error;
  }
}

function withOwners({ dispatch }: Context, write: Write): Write {
  const { activities, instances } = write;
  return {
    ...write,
    ...(activities && {
      activities: activities.map((row) => (dispatch.promiseActivity(row) ? { ...row, owned: true } : row)),
    }),
    ...(instances && {
      instances: instances.map((row) =>
        row.scheduledAt === null && dispatch.promiseInstance(row) ? { ...row, owned: true } : row,
      ),
    }),
  };
}
