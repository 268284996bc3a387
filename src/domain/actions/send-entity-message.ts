import { type ActionOf } from '../../protocol/messages.ts';
import { type MessageInput } from '../../protocol/codec.ts';
import { entityIdProblem } from '../entity-id.ts';
import { release, requestLock } from '../entity-locks.ts';
import { withSender } from '../entity-message.ts';
import { toEntity } from '../entity-outbox.ts';
import { signalMessage } from '../entity-signal.ts';
import { type Bounds } from '../limits.ts';
import { ranks } from '../message.ts';
import { text } from '../payload.ts';
import { isGuid } from '../request-id.ts';
import { invalidAction, type Refusal, type TurnDraft } from '../turn-draft.ts';
import { nameProblem } from '../validate.ts';

type Action = ActionOf<'sendEntityMessage'>['sendEntityMessage'];
type Sent<Type extends Action['EntityMessageType']> = Extract<Action, { EntityMessageType: Type }>;

/**
 * A signal, a call, a lock or its end (entities §1.5). History shows it as it was sent. What the entity gets is stamped
 * by the server: who called, and which of its executions.
 */
export function sendEntityMessage(
  draft: TurnDraft,
  { id, sendEntityMessage: action }: ActionOf<'sendEntityMessage'>,
): Refusal | undefined {
  const { tools, at, events } = draft;
  const problem = problemOf(action, tools.bounds);
  if (problem !== undefined) return invalidAction(problem);
  const { EntityMessageType: type, ...content } = action;
  if (type === undefined) return undefined;
  events.push(tools.codec.encodeEvent({ eventId: id, timestamp: at, ...content }));
  send(draft, action);
  return undefined;
}

function send(draft: TurnDraft, action: Action): void {
  switch (action.EntityMessageType) {
    case 'entityOperationSignaled':
      signal(draft, action);
      return;
    case 'entityOperationCalled':
      call(draft, action);
      return;
    case 'entityLockRequested':
      lock(draft, action);
      return;
    case 'entityUnlockSent':
      unlock(draft, action);
      return;
    default:
      return;
  }
}

function problemOf(action: Action, bounds: Bounds): string | undefined {
  switch (action.EntityMessageType) {
    case 'entityOperationSignaled':
      return operationProblem(action.entityOperationSignaled, bounds);
    case 'entityOperationCalled':
      return operationProblem(action.entityOperationCalled, bounds);
    case 'entityLockRequested':
      return lockProblem(action.entityLockRequested, bounds);
    default:
      return undefined;
  }
}

function lockProblem(
  { criticalSectionId: id, lockSet }: Sent<'entityLockRequested'>['entityLockRequested'],
  bounds: Bounds,
) {
  return (
    nameProblem(id, 'id of a critical section') ??
    lockSet.map((entity) => entityIdProblem(entity, bounds)).find((problem) => problem !== undefined)
  );
}

interface Operation {
  readonly requestId: string;
  readonly targetInstanceId: { readonly value: string } | null;
}

/** .NET parses the id of a request as a GUID where a mistake ends its stream (entities §1.3). */
function operationProblem({ requestId, targetInstanceId }: Operation, bounds: Bounds): string | undefined {
  if (!isGuid(requestId)) return `the request id '${requestId}' of an entity operation is no GUID`;
  return entityIdProblem(text(targetInstanceId) ?? '', bounds);
}

function signal(draft: TurnDraft, { entityOperationSignaled }: Sent<'entityOperationSignaled'>): void {
  const { state, at, tools, entityMessages } = draft;
  const { targetInstanceId, ...operation } = entityOperationSignaled;
  const id = text(targetInstanceId) ?? '';
  entityMessages.push(signalMessage({ hubId: state.hubId, id, operation }, { ...tools, now: at }));
}

function call(draft: TurnDraft, { entityOperationCalled }: Sent<'entityOperationCalled'>): void {
  const { state, at, tools, entityMessages, sections } = draft;
  const { targetInstanceId, ...operation } = entityOperationCalled;
  const id = text(targetInstanceId) ?? '';
  const called: MessageInput<'EntityOperationCalledEvent'> = {
    ...operation,
    parentInstanceId: { value: state.id },
    parentExecutionId: { value: state.executionId },
  };
  const event = tools.codec.encodeEvent({ eventId: -1, timestamp: at, entityOperationCalled: called });
  const isHolder = sections.some(({ entities, isGranted }) => isGranted && entities.includes(id));
  const rank = isHolder ? ranks.fromHolder : ranks.arrived;
  const message = { rank, kind: 'call', event: withSender(state, event) } as const;
  entityMessages.push(toEntity({ hubId: state.hubId, id, message }, { ...tools, now: at }));
}

function lock(draft: TurnDraft, { entityLockRequested }: Sent<'entityLockRequested'>): void {
  const { state, at, tools } = draft;
  const { criticalSectionId: id, lockSet } = entityLockRequested;
  const { messages, entityMessages } = requestLock(state, id, lockSet, { ...tools, now: at });
  draft.messages.push(...messages);
  draft.entityMessages.push(...entityMessages);
  draft.sections = [...draft.sections, { id, entities: [...new Set(lockSet)], isGranted: false }];
}

/** Only of a section that was granted and is open: SDKs send duplicates, and some after the end (entities §1.8). */
function unlock(draft: TurnDraft, { entityUnlockSent }: Sent<'entityUnlockSent'>): void {
  const { state, at, tools, sections } = draft;
  const { criticalSectionId: id, targetInstanceId } = entityUnlockSent;
  const entity = text(targetInstanceId) ?? '';
  const section = sections.find((open) => open.id === id && open.isGranted && open.entities.includes(entity));
  if (!section) return;
  const { partition, key, generation, hubId } = state;
  const holder = { partition, key, generation, id: state.id, section: id };
  draft.entityMessages.push(release(holder, entity, hubId, { ...tools, now: at }));
  const left = { ...section, entities: section.entities.filter((other) => other !== entity) };
  draft.sections = sections.flatMap((open) => {
    if (open !== section) return [open];
    return left.entities.length > 0 ? [left] : [];
  });
}
