import { type Resident } from '../dispatch/resident.ts';
import { type Context } from './context.ts';
import { insist } from './insist.ts';

/**
 * A guard refused a write: memory is wrong about this instance (ownership.md §4), because its task hub was deleted, or by
 * a fault of ours. It is forgotten here and given up in the database; whoever claims it loads it afresh.
 */
export async function reloadInstance(context: Context, resident: Resident, what: string): Promise<void> {
  const { dispatch, store, log } = context;
  const { id, hubId, turn } = resident.state;
  log.warn({ instanceId: id, hubId, turn }, `${what} was refused by its guard: the instance is loaded again`);
  dispatch.forget(resident);
  await insist(context, 'disown', () => store.disown(resident.state));
}
