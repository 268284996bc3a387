// What tests of entities share: two simple ones, and looks at them through the published package.
import {
  EntityInstanceId,
  type EntityMetadata,
  type OrchestrationContext,
  TaskEntity,
} from '@microsoft/durabletask-js';
import { expect } from 'vitest';
import { type TestHub, wait } from './hub.ts';

/** Keeps what it is told, in order. */
class Journal extends TaskEntity<unknown[]> {
  override initializeState(): unknown[] {
    return [];
  }

  note(entry: unknown): number {
    return this.state.push(entry);
  }

  read(): unknown[] {
    return this.state;
  }

  /** Fails after it has changed the state. */
  fail(message: string): never {
    this.state.push('must not stay');
    throw new RangeError(message);
  }
}

export const journals = { journal: () => new Journal() };

export const journal = (key: string): EntityInstanceId => new EntityInstanceId('journal', key);

export async function stateOf(hub: TestHub, id: EntityInstanceId): Promise<unknown> {
  return (await hub.client.getEntity(id))?.state;
}

/** Holds an entity even when it has no state: who that is, if anybody. */
export async function holderOf(hub: TestHub, id: EntityInstanceId): Promise<string | undefined> {
  return (await entitiesOf(hub, { instanceIdStartsWith: id.toString(), includeTransient: true }))[0]
    ?.lockedBy;
}

export async function entitiesOf(
  hub: TestHub,
  query?: Parameters<TestHub['client']['getEntities']>[0],
): Promise<EntityMetadata[]> {
  const found: EntityMetadata[] = [];
  for await (const entity of hub.client.getEntities(query)) found.push(entity);
  return found;
}

/** Polls for longer than anything here takes. */
export function eventually<T>(ask: () => Promise<T>) {
  return expect.poll(ask, { timeout: 20_000, interval: 20 });
}

/** Calls an entity inside an orchestrator and waits for the answer. */
export async function* call<T = unknown>(
  context: OrchestrationContext,
  id: EntityInstanceId,
  operation: string,
  input?: unknown,
) {
  return yield* wait(context.entities.callEntity<T>(id, operation, input));
}

/** Takes locks inside an orchestrator. */
export async function* lock(context: OrchestrationContext, ...ids: EntityInstanceId[]) {
  return yield* wait(context.entities.lockEntities(...ids));
}
