import { type Resident } from '../dispatch/resident.ts';
import { type Context } from './context.ts';
import { giveUpInstance } from './give-up-instance.ts';

/**
 * A guard refused a write: memory is wrong about this instance (ownership.md §4), because its task hub was deleted, or by
 * a fault of ours. It is forgotten here and given up in the database; whoever claims it loads it afresh.
 */
export async function reloadInstance(context: Context, resident: Resident, what: string): Promise<void> {
  const { log } = context;
  const { id, hubId, turn } = resident.state;
  log.warn({ instanceId: id, hubId, turn }, `${what} was refused by its guard: the instance is loaded again`);
  await giveUpInstance(context, resident);
}
