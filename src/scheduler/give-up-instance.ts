import { type Resident } from '../dispatch/resident.ts';
import { type Context } from './context.ts';
import { insist } from './insist.ts';

/** Forgets an instance here and gives it up in the database; whoever claims it loads it afresh. */
export async function giveUpInstance(context: Context, resident: Resident): Promise<void> {
  const { dispatch, store } = context;
  dispatch.forget(resident);
  await insist(context, 'disown', () => store.disown(resident.state));
}
