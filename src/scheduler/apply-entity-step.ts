import { type Resident } from '../dispatch/resident.ts';
import { applyRelease, lockEntity } from '../domain/entity-locks.ts';
import { lockRequestOf } from '../domain/entity-step.ts';
import { purgeEntity } from '../domain/entity-purge.ts';
import { type Write } from '../domain/write.ts';
import { type Context, toolsOf } from './context.ts';
import { reloadInstance } from './reload-instance.ts';

/** What an entity's owner does without a worker: releases and purges at once, a lock when it is its turn. */
export async function applyEntityStep(context: Context, resident: Resident): Promise<void> {
  const write = decide(context, resident);
  if (!write) {
    resident.patched();
    return;
  }
  const result = await context.store.commit(write);
  if (result.outcome === 'stale') await reloadInstance(context, resident, "a step of an entity's locks");
}

function decide(context: Context, { state, controls, messages }: Resident): Write | undefined {
  const tools = toolsOf(context);
  const [control] = controls;
  if (control?.kind === 'release') return applyRelease(state, control, messages, tools);
  if (control) return purgeEntity(state, control, messages, tools);
  const request = lockRequestOf(messages);
  return request && lockEntity(state, request, tools);
}
