// Critical sections: how orchestrations lock entities, and why nothing is locked for ever.
//
// A lock request is an ordinary message that visits the entities of its set one after the other, in one order that the
// server decides: by id, each once, whatever order and duplicates the SDK sent (`lockOrder`). At an entity it waits for
// its turn like an operation. When it is the first, and nobody holds the entity, the entity is held by the orchestration
// from then on, and the same commit sends the request on to the next entity; the last one sends the grant to the
// orchestration. So a request only ever waits for entities that come later in the order than those it holds: a circle
// of waiting requests would need an entity that comes before itself. There is no deadlock.
//
// While an entity is held it handles calls of its holder only; they are put in front (`ranks.fromHolder`). Everything
// else waits in its order.
//
// An orchestration remembers the sections that it asked for and that are not over (`InstanceState.sections`). A release
// is a control: the entity applies it at once, also while a batch is out, whoever owns it and without a worker. It ends
// the hold if it is that section's, and takes away a request of that section that waits there. An unlock of a section
// that was not granted yet is ignored: its request is still on the way. Releases are sent
//
//   - for one entity, when the orchestration says that it unlocks it;
//   - for all entities of all its sections, by the commit that ends its execution: completed, failed, terminated,
//     continued as new, quarantined. That is the only way in which an execution ends: what replaces, restarts, rewinds
//     or purges an instance finds a terminal one.
//
// One race is left: the execution ends while its request is on the way between two entities. The release comes to the
// next entity before the request, which then locks it for nobody. The request goes on. Where a release finds it waiting
// it is taken away, and the entities that it has locked so far are released once more; otherwise the last entity grants: its commit sends the grant *if that generation lives*, and *if it is over* releases the whole
// set once more. Both are decided by one look at the orchestration's row under its lock. So nothing leaks, however late
// the request is: it gets to its end, because every hold that it waits for ends in the same way.

import { type Tools } from './tools.ts';
import { entityEventOf, isSentBy, senderOf, withSender } from './entity-message.ts';
import { lockOrder } from './entity-id.ts';
import { toEntity } from './entity-outbox.ts';
import { type InstanceState, type LockHolder, type Section } from './instance.ts';
import { type Message, ranks } from './message.ts';
import { assert, must } from '../lib/assert.ts';
import { type Codec, type MessageInput } from '../protocol/codec.ts';
import { type HistoryEventOf } from '../protocol/messages.ts';
import { toMicrosUp } from './time.ts';
import { type EntityMessage, type EntityPatch, type NewMessage, type Write } from './write.ts';

type EntityWrite = Write & { readonly patch: EntityPatch };
type LockRequest = HistoryEventOf<'entityLockRequested'>['entityLockRequested'];
type Orchestration = Pick<InstanceState, 'partition' | 'key' | 'generation' | 'hubId' | 'id'>;

/** Sends a request to the first entity of its set, or the grant at once when the set is empty. */
export function requestLock(
  orchestration: Orchestration,
  section: string,
  entities: readonly string[],
  tools: Tools,
): { readonly messages: readonly NewMessage[]; readonly entityMessages: readonly EntityMessage[] } {
  const request: MessageInput<'EntityLockRequestedEvent'> = {
    criticalSectionId: section,
    lockSet: lockOrder(entities),
    position: 0,
    parentInstanceId: { value: orchestration.id },
  };
  if (entities.length === 0) return { messages: [grant(orchestration, section, tools)], entityMessages: [] };
  return { messages: [], entityMessages: [visit(orchestration, request, orchestration.hubId, tools)] };
}

/** Sections whose grant is among these messages. */
export function withGrants(
  sections: readonly Section[],
  messages: readonly Message[],
  codec: Codec,
): readonly Section[] {
  if (sections.every(({ isGranted }) => isGranted)) return sections;
  const granted = new Set<string>();
  for (const { kind, event } of messages) {
    if (kind !== 'entityReply') continue;
    const reply = codec.decodeEvent(event);
    if (reply.eventType === 'entityLockGranted') granted.add(reply.entityLockGranted.criticalSectionId);
  }
  return sections.map((section) => (granted.has(section.id) ? { ...section, isGranted: true } : section));
}

/** The entity is held by who asked, and the request goes on. */
export function lockEntity(state: InstanceState, message: Message, tools: Tools): EntityWrite {
  const { partition, key, turn, hubId, entityState } = state;
  const sender = senderOf(message);
  const request = requestOf(message, tools.codec);
  const holder: LockHolder = {
    ...sender,
    id: request.parentInstanceId?.value ?? '',
    section: request.criticalSectionId,
  };
  const patch: EntityPatch = {
    ...{ kind: 'entity', partition, key, turn, isTurn: false, state: entityState, dropsSignals: false },
    heldBy: holder,
    consumed: [message],
    updatedAt: Math.max(state.updatedAt, toMicrosUp(tools.now)),
  };
  const position = request.position + 1;
  if (position < request.lockSet.length) {
    return { patch, entityMessages: [visit(sender, { ...request, position }, hubId, tools)] };
  }
  return {
    patch,
    messages: [grant(sender, holder.section, tools)],
    entityMessages: request.lockSet.map((id) => ({ ...release(holder, id, hubId, tools), ifOver: sender })),
  };
}

/** A section is over here: its hold ends, and a request of it that waits goes. */
export function applyRelease(
  state: InstanceState,
  control: Message,
  held: readonly Message[],
  tools: Tools,
): EntityWrite {
  const { partition, key, turn, entityState, heldBy } = state;
  const sender = senderOf(control);
  const section = sectionOf(control, tools.codec);
  const isHolder = heldBy?.key === sender.key && heldBy.generation === sender.generation;
  const waiting = held.filter(
    (message) =>
      message.kind === 'lockRequest' &&
      isSentBy(message, sender) &&
      requestOf(message, tools.codec).criticalSectionId === section,
  );
  return {
    patch: {
      ...{ kind: 'entity', partition, key, turn, isTurn: false, state: entityState, dropsSignals: false },
      heldBy: isHolder && heldBy.section === section ? null : heldBy,
      consumed: [control, ...waiting],
      updatedAt: Math.max(state.updatedAt, toMicrosUp(tools.now)),
    },
    entityMessages: waiting.flatMap((message) => releaseVisited(message, state.hubId, tools)),
  };
}

/** What a request has locked before it came here: some of it perhaps after its releases had passed. */
function releaseVisited(message: Message, hubId: number, tools: Tools): EntityMessage[] {
  const { position, lockSet, parentInstanceId, criticalSectionId } = requestOf(message, tools.codec);
  const holder = { ...senderOf(message), id: parentInstanceId?.value ?? '', section: criticalSectionId };
  return lockSet.slice(0, position).map((id) => release(holder, id, hubId, tools));
}

/** Ends a hold of one entity. */
export function release(
  holder: LockHolder,
  entity: string,
  hubId: number,
  { now, ids, codec }: Tools,
): EntityMessage {
  const event = codec.encodeEvent({
    eventId: -1,
    timestamp: now,
    entityUnlockSent: { criticalSectionId: holder.section, parentInstanceId: { value: holder.id } },
  });
  const message = { rank: ranks.control, kind: 'release', event: withSender(holder, event) } as const;
  return toEntity({ hubId, id: entity, message }, { now, ids });
}

/** Ends everything that an execution holds or has asked for. */
export function releaseAll(
  { partition, key, generation, id, hubId, sections }: InstanceState,
  tools: Tools,
): EntityMessage[] {
  return sections.flatMap((section) =>
    section.entities.map((entity) =>
      release({ partition, key, generation, id, section: section.id }, entity, hubId, tools),
    ),
  );
}

function visit(
  sender: LockHolder | Pick<LockHolder, 'partition' | 'key' | 'generation'>,
  request: MessageInput<'EntityLockRequestedEvent'>,
  hubId: number,
  { now, ids, codec }: Tools,
): EntityMessage {
  const id = must(request.lockSet?.[request.position ?? 0], 'the next entity of a lock request');
  const event = codec.encodeEvent({ eventId: -1, timestamp: now, entityLockRequested: request });
  const message = { rank: ranks.arrived, kind: 'lockRequest', event: withSender(sender, event) } as const;
  return toEntity({ hubId, id, message }, { now, ids });
}

function grant(
  { partition, key, generation }: Pick<LockHolder, 'partition' | 'key' | 'generation'>,
  section: string,
  { now, codec }: Tools,
): NewMessage {
  const event = codec.encodeEvent({
    eventId: -1,
    timestamp: now,
    entityLockGranted: { criticalSectionId: section },
  });
  return {
    to: { by: 'key', partition, key, generation },
    message: { rank: ranks.arrived, kind: 'entityReply', event },
    isFromClient: false,
  };
}

function requestOf(message: Message, codec: Codec): LockRequest {
  const event = codec.decodeEvent(entityEventOf(message));
  assert(event.eventType === 'entityLockRequested', 'a lock request carries EntityLockRequested');
  return event.entityLockRequested;
}

function sectionOf(control: Message, codec: Codec): string {
  const event = codec.decodeEvent(entityEventOf(control));
  assert(event.eventType === 'entityUnlockSent', 'a release carries EntityUnlockSent');
  return event.entityUnlockSent.criticalSectionId;
}
