import { type Resident } from '../dispatch/resident.ts';
import { applyControl as decide } from '../domain/lifecycle.ts';
import { applyEntityStep } from './apply-entity-step.ts';
import { type Context, toolsOf } from './context.ts';
import { reloadInstance } from './reload-instance.ts';

/** Applies the first control of a resident's inbox (suspend, resume, terminate), also while a turn is out. */
export async function applyControl(context: Context, resident: Resident): Promise<void> {
  if (resident.state.kind === 'entity') {
    await applyEntityStep(context, resident);
    return;
  }
  const { state, messages, controls } = resident;
  const [control] = controls;
  if (!control) return;
  const write = decide(state, control, [...messages, ...controls], toolsOf(context));
  const result = await context.store.commit(write);
  if (result.outcome === 'stale') await reloadInstance(context, resident, `a ${control.kind}`);
}
