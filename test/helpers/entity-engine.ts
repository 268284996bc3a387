import { randomUUID } from 'node:crypto';
import { instanceId } from '../../src/domain/ids.ts';
import { type EntitySnapshot } from '../../src/domain/store.ts';
import { codec, type MessageInput } from '../../src/protocol/codec.ts';
import { completeEntity } from '../../src/scheduler/complete-entity.ts';
import { type HubContext } from '../../src/scheduler/context.ts';
import { signalEntity } from '../../src/scheduler/signal-entity.ts';
import { type SentBatch } from './engine.ts';

/** Sends an operation to an entity. */
export async function signal(hub: HubContext, id: string, name: string): Promise<void> {
  const request = { instanceId: id, name, requestId: randomUUID() };
  await signalEntity(hub, codec.decode('SignalEntityRequest', codec.encode('SignalEntityRequest', request)));
}

export async function answerBatch(
  hub: HubContext,
  { token, request }: SentBatch,
  result: MessageInput<'EntityBatchResult'> = {},
): Promise<void> {
  const whole = {
    completionToken: token,
    results: request.operationRequests.map(() => ({})),
    entityState: { value: 'state' },
    ...result,
  };
  const bytes = codec.encode('EntityBatchResult', whole);
  await completeEntity(hub, codec.decode('EntityBatchResult', bytes), bytes);
}

export function namesOf({ request }: SentBatch): string[] {
  return request.operationRequests.map((event) => {
    if (event.eventType === 'entityOperationSignaled') return event.entityOperationSignaled.operation;
    return event.eventType === 'entityOperationCalled' ? event.entityOperationCalled.operation : '?';
  });
}

export function entity({ store, hubId }: HubContext, id: string): Promise<EntitySnapshot | undefined> {
  return store.readEntity(hubId, instanceId(id), true);
}
