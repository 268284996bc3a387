import { type Resident } from '../dispatch/resident.ts';
import { applyControl as decide } from '../domain/lifecycle.ts';
import { type Context } from './context.ts';

/** Applies the first control of a resident's inbox (suspend, resume, terminate), also while a turn is out. */
export async function applyControl(context: Context, resident: Resident): Promise<void> {
  const { codec, ids, now, store } = context;
  const [control] = resident.controls;
  if (!control) return;
  const write = decide(resident.state, control, resident.messages, { codec, ids, now: now() });
  const result = await store.commit(write);
  if (result.outcome === 'stale') {
    context.startOver(`a ${control.kind} of instance '${resident.state.id}' was refused by its guard`);
  }
}
