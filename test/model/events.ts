import { isDeepStrictEqual } from 'node:util';
import { isGuid } from '../../src/domain/request-id.ts';
import { codec } from '../../src/protocol/codec.ts';
import { type AnyHistoryEvent, type Timestamp } from '../../src/protocol/messages.ts';
import { type InstanceRow } from './rows.ts';
import { same, show } from './mismatch.ts';

/** Of events whose times only the server knows. */
export const NO_TIME: Timestamp = { seconds: 0, nanos: 0 };

export const decoded = (event: Buffer): AnyHistoryEvent => codec.decodeEvent(event);

/** Without what the oracle can't know. */
export function withoutTime(event: AnyHistoryEvent): unknown {
  if (event.eventType !== 'executionStarted') return { ...event, timestamp: null };
  const { executionStarted } = event;
  const orchestrationInstance = { instanceId: executionStarted.orchestrationInstance?.instanceId };
  return { ...event, timestamp: null, executionStarted: { ...executionStarted, orchestrationInstance } };
}

export const comparable = (event: Buffer): unknown => withoutTime(decoded(event));

/** The server makes ids of requests that have none. */
export function isSameEvent(should: AnyHistoryEvent, is: AnyHistoryEvent): boolean {
  if (should.eventType !== 'entityOperationSignaled' || is.eventType !== 'entityOperationSignaled') {
    return isDeepStrictEqual(withoutTime(should), withoutTime(is));
  }
  const { requestId } = is.entityOperationSignaled;
  const { entityOperationSignaled: sent } = should;
  const known = sent.requestId === '' && isGuid(requestId) ? { ...sent, requestId } : sent;
  return isDeepStrictEqual(withoutTime({ ...should, entityOperationSignaled: known }), withoutTime(is));
}

/** An ExecutionStarted names the execution that it begins. */
export function checkStarted(event: AnyHistoryEvent, { id, executionId }: InstanceRow): void {
  if (event.eventType !== 'executionStarted') return;
  const real = event.executionStarted.orchestrationInstance?.executionId?.value;
  same(`the execution that ExecutionStarted of '${id}' names`, real, executionId);
}

const inbound: ReadonlySet<AnyHistoryEvent['eventType']> = new Set([
  ...(['orchestratorStarted', 'executionStarted', 'executionSuspended', 'executionResumed'] as const),
  ...(['taskCompleted', 'taskFailed', 'timerFired', 'eventRaised'] as const),
  ...(['subOrchestrationInstanceCompleted', 'subOrchestrationInstanceFailed'] as const),
  ...(['entityOperationCompleted', 'entityOperationFailed', 'entityLockGranted'] as const),
]);

/** Events that a worker is sent as new: what is stored is exactly that. */
export function isInbound({ eventType }: AnyHistoryEvent): boolean {
  return inbound.has(eventType);
}

export function showMessages(messages: readonly { readonly rank: number; readonly event: Buffer }[]): string {
  return show(messages.map(({ rank, event }) => [rank, inShort(decoded(event))]));
}

function inShort(event: AnyHistoryEvent): unknown {
  return event.eventType === 'eventRaised' ? event.eventRaised.name : event.eventType;
}
