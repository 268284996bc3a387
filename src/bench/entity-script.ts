// What the load worker sends about entities. Every message is encoded once, with texts that stand for others of the same
// length, and copied from then on.

import { randomBytes } from 'node:crypto';
import { codec, type MessageInput } from '../protocol/codec.ts';
import { prefixed } from './answers.ts';
import { encodeActions, lastAction, numberOf, payload, type Script } from './script.ts';
import { type Turn } from './work-item.ts';

/** Entities that signals and calls are spread over. */
export const ENTITIES = 1000;
/** Entities of which critical sections lock two: few, so that they wait for each other. */
const LOCKED_ENTITIES = 100;
/** Calls, or critical sections, of one orchestration: one after the other. */
export const ENTITY_STEPS = 5;

/** A SignalEntityRequest, with its prefix; the number is that of the signal. */
export function signalRequest(number: number, entity: number): Buffer {
  return signal([requestIdOf(number, 0), entityAt(entity)]);
}

/** Calls an entity of its own, and again when it has answered. */
export const entityCallsScript: Script = (turn) => {
  const { number, step } = placeOf(turn);
  const call = calls[step];
  if (!call) return { actions: end, isLast: true };
  return { actions: call([requestIdOf(number, step), entityAt(number % ENTITIES)]), isLast: false };
};

/** Locks two entities, frees them when it has both, and begins again. */
export const criticalSectionsScript: Script = (turn) => {
  const { number, step } = placeOf(turn);
  const first = number % LOCKED_ENTITIES;
  const distance = 1 + (Math.floor(number / LOCKED_ENTITIES) % (LOCKED_ENTITIES - 1));
  const pair = [entityAt(first), entityAt((first + distance) % LOCKED_ENTITIES)];
  const lock = locks[step]?.([requestIdOf(number, step), ...pair]) ?? end;
  const unlock = step === 0 ? none : unlocks([requestIdOf(number, step - 1), ...pair]);
  return { actions: Buffer.concat([unlock, lock]), isLast: step === ENTITY_STEPS };
};

/** The number of the orchestration, and how many answers of entities it has had. */
function placeOf(turn: Turn): { number: number; step: number } {
  return { number: numberOf(turn), step: turn.results === 0 ? 0 : turn.lastTaskId + 1 };
}

const run = randomBytes(4).toString('hex');

/** A GUID of this process's own. Its last digit says to which step an answer belongs. */
function requestIdOf(number: number, step: number): string {
  return `${run}-0000-4000-8000-${number.toString(16).padStart(11, '0')}${step}`;
}

function entityAt(number: number): string {
  return `@bench@${number.toString().padStart(4, '0')}`;
}

const REQUEST = 'rrrrrrrr-rrrr-rrrr-rrrr-rrrrrrrrrrrr';
const ENTITY = '@bench@aaaa';
const OTHER_ENTITY = '@bench@bbbb';

type Filled = (texts: readonly string[]) => Buffer;

/** Copies of the bytes with other texts in the places of these. */
function template(bytes: Buffer, blanks: readonly string[]): Filled {
  const places = blanks.flatMap((blank, index) => offsetsOf(bytes, blank).map((at) => ({ at, index })));
  return (texts) => {
    const copy = Buffer.from(bytes);
    for (const { at, index } of places) copy.write(texts[index] ?? '', at, 'latin1');
    return copy;
  };
}

function offsetsOf(bytes: Buffer, text: string): number[] {
  const offsets: number[] = [];
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) offsets.push(at);
  return offsets;
}

const signal = template(
  prefixed(
    codec.encode('SignalEntityRequest', {
      ...{ instanceId: ENTITY, name: 'add', input: payload, requestId: REQUEST },
    }),
  ),
  [REQUEST, ENTITY],
);

const steps = Array.from({ length: ENTITY_STEPS }, (_, step) => step);

const calls = steps.map((step) => template(encodeActions([callEntity(step)]), [REQUEST, ENTITY]));

const locks = steps.map((step) =>
  template(encodeActions([lockEntities(step)]), [REQUEST, ENTITY, OTHER_ENTITY]),
);

const unlocks = template(encodeActions([unlockEntity(ENTITY), unlockEntity(OTHER_ENTITY)]), [
  ...[REQUEST, ENTITY, OTHER_ENTITY],
]);

const end = encodeActions([lastAction(ENTITY_STEPS + 1)]);
const none = Buffer.alloc(0);

type Action = MessageInput<'OrchestratorAction'>;

function callEntity(step: number): Action {
  const target = { operation: 'add', input: payload, targetInstanceId: { value: ENTITY } };
  return { id: step + 1, sendEntityMessage: { entityOperationCalled: { requestId: REQUEST, ...target } } };
}

function lockEntities(step: number): Action {
  const lockSet = [ENTITY, OTHER_ENTITY];
  return {
    id: step + 1,
    sendEntityMessage: { entityLockRequested: { criticalSectionId: REQUEST, lockSet } },
  };
}

function unlockEntity(entity: string): Action {
  const target = { criticalSectionId: REQUEST, targetInstanceId: { value: entity } };
  return { id: ENTITY_STEPS + 1, sendEntityMessage: { entityUnlockSent: target } };
}
