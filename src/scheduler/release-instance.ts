import { type Resident } from '../dispatch/resident.ts';
import { type Context } from './context.ts';
import { reloadInstance } from './reload-instance.ts';

/** Gives an instance up. `readyInMs` says when it is worth claiming; null: not until somebody rings. The caller has marked it as patching. */
export async function releaseInstance(
  context: Context,
  resident: Resident,
  readyInMs: number | null,
): Promise<void> {
  const { partition, key, turn } = resident.state;
  const result = await context.store.commit({
    patch: { kind: 'release', partition, key, turn, readyInMs, attempts: resident.attempts },
  });
  if (result.outcome === 'stale') await reloadInstance(context, resident, 'a release');
}
