import { randomUUID } from 'node:crypto';
import { type Response, type TaskHubClient } from '../../src/grpc/client.ts';
import { codec, type Message, type MessageInput } from '../../src/protocol/codec.ts';

/** Operations of an entity. */
export interface BatchItem {
  readonly kind: 'entity';
  readonly token: string;
  readonly request: Message<'EntityRequest'>;
  readonly instanceId: string;
  /** Null when there is none. */
  readonly state: string | null;
  /** Names of the operations. */
  readonly operations: readonly string[];
}

export function readBatch(
  token: string,
  received: NonNullable<Response<'GetWorkItems'>['entityRequestV2']>,
): BatchItem {
  const request = codec.decode('EntityRequest', codec.encode('EntityRequest', received));
  const { instanceId, entityState, operationRequests } = request;
  const operations = operationRequests.map((event) => {
    if (event.eventType === 'entityOperationSignaled') return event.entityOperationSignaled.operation;
    return event.eventType === 'entityOperationCalled' ? event.entityOperationCalled.operation : '?';
  });
  return { kind: 'entity', token, request, instanceId, state: entityState?.value ?? null, operations };
}

// ── what clients do ──

interface Hub {
  readonly client: TaskHubClient;
}

export async function signal(
  { client }: Hub,
  id: string,
  name: string,
  request: MessageInput<'SignalEntityRequest'> = {},
): Promise<void> {
  await client.call('SignalEntity', { instanceId: id, name, requestId: randomUUID(), ...request });
}

/** The entity as GetEntity shows it; null when there is none. */
export async function findEntity(
  { client }: Hub,
  instanceId: string,
): Promise<Message<'GetEntityResponse'>['entity']> {
  return (await client.call('GetEntity', { instanceId, includeState: true })).entity;
}

export async function stateOf(hub: Hub, id: string): Promise<string | undefined> {
  return (await findEntity(hub, id))?.serializedState?.value;
}

/** Who holds its lock, also when it has no state. */
export async function holderOf({ client }: Hub, id: string): Promise<string | undefined> {
  const query = { instanceIdStartsWith: { value: id }, includeTransient: true };
  const { entities } = await client.call('QueryEntities', { query });
  return entities.find(({ instanceId }) => instanceId === id)?.lockedBy?.value;
}

// ── what operations answer ──

export function success(result?: string): MessageInput<'OperationResult'> {
  return { success: { result: result === undefined ? null : { value: result } } };
}

export function failure(errorMessage: string): MessageInput<'OperationResult'> {
  return { failure: { failureDetails: { errorType: 'OperationError', errorMessage } } };
}

// ── actions of orchestrations ──

type Action = MessageInput<'OrchestratorAction'>;

export function signalAction(
  id: number,
  target: string,
  operation: string,
  signaled: MessageInput<'EntityOperationSignaledEvent'> = {},
): Action {
  const entityOperationSignaled = {
    ...{ requestId: randomUUID(), operation, targetInstanceId: { value: target } },
    ...signaled,
  };
  return { id, sendEntityMessage: { entityOperationSignaled } };
}

export function callAction(
  id: number,
  target: string,
  operation: string,
  called: MessageInput<'EntityOperationCalledEvent'> = {},
): Action {
  const entityOperationCalled = {
    ...{ requestId: randomUUID(), operation, targetInstanceId: { value: target } },
    ...called,
  };
  return { id, sendEntityMessage: { entityOperationCalled } };
}

export function lockAction(id: number, criticalSectionId: string, ...lockSet: string[]): Action {
  return { id, sendEntityMessage: { entityLockRequested: { criticalSectionId, lockSet } } };
}

export function unlockAction(id: number, criticalSectionId: string, target: string): Action {
  return {
    id,
    sendEntityMessage: { entityUnlockSent: { criticalSectionId, targetInstanceId: { value: target } } },
  };
}
