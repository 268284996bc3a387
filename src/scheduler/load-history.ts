import { type Resident } from '../dispatch/resident.ts';
import { UnreadablePayloadError } from '../domain/errors.ts';
import { type Context } from './context.ts';
import { giveUpInstance } from './give-up-instance.ts';

/**
 * Reads an evicted history again. Only the owner adds rows, and none can be under way while nothing is out. One that
 * can't be read is left to claims, which set it aside.
 */
export async function loadHistory(context: Context, resident: Resident): Promise<void> {
  const { store, dispatch } = context;
  const { generation, turn } = resident.state;
  const rows = await unlessUnreadable(store.readHistory(resident.state));
  const isResident = dispatch.residents.get(resident.state.key) === resident;
  if (!rows) {
    if (isResident) await giveUpInstance(context, resident);
    return;
  }
  resident.isLoading = false;
  const isCurrent = resident.state.generation === generation && resident.state.turn === turn;
  if (isCurrent && isResident) dispatch.residents.loaded(resident, rows);
  dispatch.wake(resident);
}

async function unlessUnreadable<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof UnreadablePayloadError) return undefined;
    throw error;
  }
}
