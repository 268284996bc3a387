import { type Resident } from '../dispatch/resident.ts';
import { type Context } from './context.ts';

/** Reads an evicted history again. Only the owner adds rows, and none can be under way while nothing is out. */
export async function loadHistory({ store, dispatch }: Context, resident: Resident): Promise<void> {
  const { generation, turn } = resident.state;
  const rows = await store.readHistory(resident.state);
  resident.isLoading = false;
  const isCurrent = resident.state.generation === generation && resident.state.turn === turn;
  const isResident = dispatch.residents.get(resident.state.key) === resident;
  if (isCurrent && isResident) dispatch.residents.loaded(resident, rows);
  dispatch.wake(resident);
}
