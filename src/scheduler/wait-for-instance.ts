import { type InstanceId } from '../domain/ids.ts';
import { type InstanceSnapshot, isTerminal } from '../domain/instance.ts';
import { type HubContext } from './context.ts';

/**
 * Resolves once the instance has started (left PENDING) or completed. Only the condition or the signal ends it: an
 * unknown, purged or replaced id keeps waiting (contract §3.3).
 */
export async function waitForInstance(
  { waits, hubId }: HubContext,
  id: InstanceId,
  until: 'started' | 'completed',
  { withPayloads, signal }: { readonly withPayloads: boolean; readonly signal: AbortSignal },
): Promise<InstanceSnapshot> {
  return waits.forInstance({ hubId, id, signal, withPayloads }, ({ status }) =>
    until === 'started' ? status !== 'pending' : isTerminal(status),
  );
}
