import { type Resident } from '../dispatch/resident.ts';
import { type Context } from './context.ts';

/** Gives an instance up. `readyInMs` says when it is worth claiming; null: not until somebody rings. The caller has marked it as patching. */
export async function releaseInstance(
  { store, startOver }: Context,
  resident: Resident,
  readyInMs: number | null,
): Promise<void> {
  const { partition, key, turn, id } = resident.state;
  const result = await store.commit({
    patch: { kind: 'release', partition, key, turn, readyInMs, attempts: resident.attempts },
  });
  if (result.outcome === 'stale') startOver(`the release of instance '${id}' was refused by its guard`);
}
