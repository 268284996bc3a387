import { type Resident } from '../dispatch/resident.ts';
import { type Context } from './context.ts';
import { reloadInstance } from './reload-instance.ts';

/**
 * Gives an instance up, until it is worth claiming again; `backoffMs`: not so soon. The caller has marked it as patching.
 */
export async function releaseInstance(
  context: Context,
  resident: Resident,
  backoffMs: number,
): Promise<void> {
  const { partition, key, turn } = resident.state;
  const { attempts } = resident;
  const result = await context.store.commit({
    patch: {
      ...{ kind: 'release', partition, key, turn, attempts },
      get readyInMs() {
        return resident.readyIn(backoffMs);
      },
    },
  });
  if (result.outcome === 'stale') await reloadInstance(context, resident, 'a release');
}
