import { type InstanceId } from '../domain/ids.ts';
import { type InstanceSnapshot } from '../domain/instance.ts';
import { type HubContext } from './context.ts';

/** The instance as it is stored, or undefined. */
export async function getInstance(
  { store, hubId }: HubContext,
  id: InstanceId,
  withPayloads: boolean,
): Promise<InstanceSnapshot | undefined> {
  const [found] = await store.readInstances([{ hubId, id }], withPayloads);
  return found?.kind === 'orchestration' ? found : undefined;
}
