import { type Write, type WriteResult } from '../domain/write.ts';
import { type Context } from './context.ts';

/** Rows that a local stream has a free slot for become this replica's own (eager dispatch). */
export function withOwners<Outcome extends Write>({ dispatch }: Context, outcome: Outcome): Outcome {
  const { activities, instances } = outcome;
  return {
    ...outcome,
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

/** Commits, and takes back the slots that were promised to rows that did not come to be. */
export async function commitOwned({ store, dispatch }: Context, write: Write): Promise<WriteResult> {
  try {
    const result = await store.commit(write);
    if (result.outcome === 'stale') dispatch.slots.cancel(write);
    else {
      const taken = write.instances?.filter((_, i) => result.instances[i] === 'taken');
      if (taken && taken.length > 0) dispatch.slots.cancel({ instances: taken });
    }
    return result;
  } catch (error) {
    dispatch.slots.cancel(write);
    throw error;
  }
}
