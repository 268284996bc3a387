import { type Bits } from './bits.ts';
import {
  isPatch,
  type Patch,
  type Replica,
  type Resident,
  type Result,
  type Row,
  type State,
  type Transaction,
  type Write,
} from './state.ts';

const codes: number[] = [];

/** A string that is the same for the same state and for no other: a character a field. */
export function encode(state: State): string {
  codes.length = 0;
  const { living, rows, inbox, sources, asked, acknowledged, decided, decidedOwn } = state;
  put(living, inbox, sources, asked, acknowledged, decided, decidedOwn);
  put(state.inserted, state.recorded, state.futile);
  for (const row of rows) putRow(row);
  for (const holder of state.holders) put(holder);
  for (const replica of state.replicas) putReplica(replica);
  put(state.stored.length);
  for (const { owner, instance, turn } of state.stored) put(owner, instance, turn);
  const { crashes, pauses, lostConnections, lostHints, refusals, releases } = state.budget;
  put(crashes, pauses, lostConnections, lostHints, refusals, releases);
  return String.fromCharCode(...codes);
}

/** Numbers from -1 up. */
function put(...numbers: readonly number[]): void {
  for (const number of numbers) codes.push(number + 1);
}

function putFlag(isSet: boolean): void {
  codes.push(isSet ? 1 : 0);
}

function putWord(word: string): void {
  codes.push(word.charCodeAt(0));
}

function putRow(row: Row | undefined): void {
  if (!row) {
    codes.push(0);
    return;
  }
  put(row.life, row.owner, row.turn, row.generation);
  putWord(row.bell);
  putWord(row.status);
  putFlag(row.engineWork);
}

function putResident(resident: Resident | undefined): void {
  if (!resident) {
    codes.push(0);
    return;
  }
  const { life, turn, generation, held, out, hasMore, lacksControls, leaves, status } = resident;
  put(life, turn, generation, held, out);
  putWord(status);
  putFlag(hasMore);
  putFlag(lacksControls);
  putWord(leaves ?? '-');
}

function putReplica(replica: Replica): void {
  const { incarnation, mode, isExpired, bells, answers, atWorkers, owes, polled, sees } = replica;
  put(incarnation, bells, answers, atWorkers, owes, polled, sees);
  putWord(mode);
  putFlag(isExpired);
  for (const resident of replica.residents) putResident(resident);
  for (const lane of replica.lanes) putTransaction(lane);
  putTransaction(replica.orphan);
}

function putTransaction(transaction: Transaction | undefined): void {
  if (!transaction) {
    codes.push(0);
    return;
  }
  const { phase, incarnation, writes, results, glance, half } = transaction;
  putWord(phase);
  put(incarnation);
  putWrites(writes);
  for (const result of results) putResult(result);
  putFlag(glance !== undefined);
  if (glance) {
    put(glance.inbox, glance.living);
    for (const row of glance.rows) putRow(row);
  }
  putWrites(half ?? []);
}

function putResult({ got, rang, row }: Result): void {
  put(got, rang);
  putRow(row);
}

function putWrites(writes: readonly Write[]): void {
  codes.push(writes.length);
  for (const write of writes) {
    codes.push(kinds[write.kind]);
    put(...fieldsOf(write));
  }
}

const kinds: Readonly<Record<Write['kind'], number>> = {
  turn: 1,
  control: 2,
  release: 3,
  fetch: 4,
  claim: 5,
  free: 6,
  send: 7,
  fire: 8,
  start: 9,
  replace: 10,
  store: 11,
  drop: 12,
  take: 13,
};

const flag = (isSet: boolean): Bits => (isSet ? 1 : 0);

function fieldsOf(write: Write): readonly number[] {
  switch (write.kind) {
    case 'claim':
      return [write.instance];
    case 'free':
      return [write.dead];
    case 'store':
    case 'drop':
      return [write.owner, write.instance, write.turn];
    case 'replace':
    case 'take':
      return [write.message];
    default:
      return isPatch(write) ? fieldsOfPatch(write) : fieldsOfMessage(write);
  }
}

function fieldsOfMessage(write: Extract<Write, { isOwn: boolean }>): readonly number[] {
  switch (write.kind) {
    case 'send': {
      const { known, found } = write.closing ?? { known: -1, found: -1 };
      return [write.message, flag(write.isOwn), known, found];
    }
    case 'fire':
      return [write.message, flag(write.isOwn), write.worker];
    case 'start':
      return [write.start.child, write.start.started, flag(write.isOwn)];
  }
}

function fieldsOfPatch(write: Patch): readonly number[] {
  switch (write.kind) {
    case 'turn':
      return [write.instance, write.life, write.turn, write.consumed, write.answer.number, write.answered];
    case 'control':
      return [write.instance, write.life, write.turn, write.message];
    case 'release':
      return [write.instance, write.life, write.turn, write.readyAt.charCodeAt(0)];
    case 'fetch':
      return [write.instance, write.known];
  }
}
