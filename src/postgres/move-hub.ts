// Moves a task hub from one store to another, with the servers running. In order:
//
//   0  who begins is written to the audit log of the default store
//   1  the hub is marked in its store: whoever registers from now on doesn't serve it
//   2  the rows of all replicas of that store are deleted. That waits for their running batches and ends what could still
//      write; they begin anew, and see the mark. From here on nobody is told anything of the hub, so a copy of it is all of it
//   3  its rows are copied into the new store, in one transaction there. Its COMMIT is the move: whoever asks for the name
//      finds the hub there
//   4  its name gets its place in the new store; the transaction in the default store that does this writes it to the audit log
//   5  the hub that was left behind is marked deleted, and swept
//
// Whoever moves may die at any point. Up to the COMMIT the hub is where it was, paused; after it, it is where it should be.
// The same call again goes on: it decides that the hub of the attempt before never arrives, or finds that it has
// (hub-moves.ts). `abortMove` does the same and ends the pause instead. Both wait for an attempt that is about to commit.

import { type Client } from 'pg';
import { DEFAULT_STORE } from '../domain/store.ts';
import { must } from '../lib/assert.ts';
import { StartupError } from '../lib/startup-error.ts';
import { insertOwnAuditEntry } from './audit-log.ts';
import { checkMove } from './check-move.ts';
import { copyHub, type HubCopy, lastKeyBlock, type MovedTable, takeKeys } from './copy-hub.ts';
import {
  decideArrival,
  findArrival,
  findDetails,
  findLiving,
  insertMovedHub,
  insertMovedPlace,
  type LivingHub,
  markMoved,
  markMoving,
  nextPlace,
  unmarkMoving,
} from './hub-moves.ts';
import { bringKeys } from './encryption-keys.ts';
import { deletePlace, findPlace, insertPlace, takePlace } from './hubs.ts';
import { pauseHub, tellReplicas } from './pause-hub.ts';
import { query, sql } from './sql.ts';
import { type NamedAddress, StoreClients } from './store-clients.ts';

export interface Move {
  /** All of them, the default one first. */
  readonly stores: readonly NamedAddress[];
  readonly hub: string;
  /** Who moves it, for the audit log; undefined where nothing is to be written there. */
  readonly operator: string | undefined;
  /** Of this program: all servers of both stores must have it. */
  readonly version: string;
  readonly onStep: (step: MoveStep) => void;
  readonly onBytes: HubCopy['onBytes'];
  /** Told how many servers did not begin anew in time: frozen ones, which may answer reads from before the move. */
  readonly onSilent: (servers: number) => void;
}

/** No store has it. */
export class UnknownHubError extends StartupError {}

export type MoveStep = 'marked' | 'paused' | 'copied' | 'arrived' | 'placed' | 'left';

export interface Moved {
  readonly from: string;
  /** Undefined when an earlier attempt had copied it. */
  readonly rows: Record<MovedTable, number> | undefined;
}

/** An attempt that commits takes less. */
const DECISION_TIMEOUT_MS = 5_000;

/** A hub as one store has it. */
interface Found extends LivingHub {
  readonly store: NamedAddress;
}

/** Returns undefined when the hub is there already. Rejects with a `StartupError` that says what to do. */
export async function moveHub(move: Move, to: string): Promise<Moved | undefined> {
  const target = storeOf(move, to);
  await using clients = new StoreClients();
  for (;;) {
    const found = await findEverywhere(move, clients);
    const leaving = leavingOf(move.hub, found, target);
    if (!leaving) return undefined;
    const isThere = found.length > 1 || (await hasCome(move, clients, leaving));
    const rows = isThere ? undefined : await carry(move, clients, leaving, target);
    if (isThere) await settle(move, clients, leaving, target);
    if (isThere || rows) return { from: leaving.store.name, rows };
  }
}

/** Which of them has to go to the target; undefined when it is there, and nowhere else. */
function leavingOf(hub: string, found: readonly Found[], target: NamedAddress): Found | undefined {
  const there = found.find(({ store }) => store === target);
  const [leaving, other] = found.filter(({ store }) => store !== target);
  const astray = found.find(({ moving_to: to }) => to !== null && to !== target.name);
  if (astray) {
    throw new StartupError(
      `the task hub '${hub}' is on its way from the store '${astray.store.name}' to '${astray.moving_to ?? ''}': go on with that, or end it with --abort`,
    );
  }
  if (found.length === 0) throw new UnknownHubError(`no store has a task hub '${hub}'`);
  const hasOther = other !== undefined || (there && leaving && there.place_id !== leaving.moving_place);
  if (hasOther) {
    throw new StartupError(`several stores have a task hub '${hub}' of their own: delete all but one first`);
  }
  return leaving;
}

/** Ends the pause of a hub whose move broke off: it goes on where it was. Returns the name of that store. */
export async function abortMove(move: Move): Promise<string> {
  await using clients = new StoreClients();
  const found = await findEverywhere(move, clients);
  const leaving = found.find(({ moving_to: to }) => to !== null);
  if (!leaving) throw new StartupError(`the task hub '${move.hub}' is not on its way to another store`);
  if (await hasCome(move, clients, leaving)) {
    throw new StartupError(
      `the task hub '${move.hub}' has arrived in the store '${leaving.moving_to ?? ''}': 'perdura hub move' ends what is left to do`,
    );
  }
  const source = await clients.of(leaving.store);
  await writeDown(move, await clients.of(mainOf(move.stores)), 'AbortTaskHubMove', leaving.store.name);
  // Servers that still pass it over begin anew when it is asked for.
  await query(source, unmarkMoving(leaving.hub_id, must(leaving.moving_place, 'the place of a move')));
  return leaving.store.name;
}

/** Steps 1 to 5. Undefined when somebody else changed the hub meanwhile: then it takes another look. */
async function carry(
  move: Move,
  clients: StoreClients,
  leaving: Found,
  target: NamedAddress,
): Promise<Record<MovedTable, number> | undefined> {
  const main = await clients.of(mainOf(move.stores));
  if (leaving.place_id === null) {
    await givePlace(move, main, leaving);
    return undefined;
  }
  const { stores, version } = move;
  await checkMove(clients, { from: leaving.store, to: target, main: mainOf(stores), version });
  const source = await clients.of(leaving.store);
  const [next] = await query(main, nextPlace());
  const place = must(next, 'a place').place_id;
  await writeDown(move, main, 'BeginTaskHubMove', target.name);
  const marked = await query(source, markMoving(leaving, target.name, place));
  if (marked.length === 0) return undefined;
  move.onStep('marked');
  const moving = { ...leaving, moving_to: target.name, moving_place: place };
  const rows = await saying(move, 'is paused', async () => {
    const silent = await pauseHub(source, leaving.store);
    if (silent > 0) move.onSilent(silent);
    move.onStep('paused');
    return copy(move, clients, moving, target);
  });
  await saying(move, 'has arrived', () => settle(move, clients, moving, target));
  return rows;
}

/** What goes wrong in `work` is told with how the hub stands, and what to do. */
async function saying<T>({ hub }: Move, state: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const advice =
      "run it again to go on, or end a move that has not arrived with 'perdura hub move --abort'";
    throw new StartupError(`the task hub '${hub}' ${state}, and the move broke off: ${reason}; ${advice}`, {
      cause,
    });
  }
}

/** A hub of the default store that was made before there were places. */
async function givePlace(
  { stores, hub }: Move,
  main: Client,
  { hub_id: hubId, store }: Found,
): Promise<void> {
  if (store !== mainOf(stores)) {
    throw new StartupError(`the store '${store.name}' has task hubs of its own: no server uses it as it is`);
  }
  await query(main, insertPlace(hub, DEFAULT_STORE, DEFAULT_STORE));
  const [place] = await query(main, findPlace(hub));
  await query(main, takePlace(hubId, must(place, 'a place').place_id));
}

async function copy(
  { hub, onStep, onBytes }: Move,
  clients: StoreClients,
  { store, hub_id: from, moving_place: place }: Found,
  to: NamedAddress,
): Promise<Record<MovedTable, number>> {
  const [source, target] = [await clients.of(store), await clients.of(to)];
  await query(target, sql`begin`);
  const decided = await query(target, decideArrival(must(place, 'the place of a move'), true));
  if (decided.length === 0) throw new StartupError('somebody else ended this attempt');
  await query(source, sql`begin isolation level repeatable read read only`);
  const details = must((await query(source, findDetails(from)))[0], 'the task hub');
  const [made] = await query(target, insertMovedHub(hub, must(place, 'the place of a move'), details));
  const others = await lastKeyBlock(source);
  const rows = await copyHub({
    ...{ source, target, from, onBytes },
    to: must(made, 'the hub in the new store').hub_id,
    takeKeys: async (count) => takeKeys(await clients.another(to), others, count),
  });
  onStep('copied');
  await bringKeys(source, target);
  await query(target, sql`commit`);
  onStep('arrived');
  return rows;
}

/** Steps 4 and 5, for a hub that has arrived. */
async function settle(move: Move, clients: StoreClients, left: Found, to: NamedAddress): Promise<void> {
  const place = must(left.moving_place, 'the place of a move');
  await switchPlace(move, clients, { from: must(left.place_id, 'the place of a hub'), to: place }, to.name);
  move.onStep('placed');
  const source = await clients.of(left.store);
  await query(source, markMoved(left.hub_id, place));
  move.onStep('left');
  await tellReplicas(source, left.store);
  await tellReplicas(await clients.of(to), to);
}

/** The name goes from its old place to the new one, unless it has gone on since. */
async function switchPlace(
  move: Move,
  clients: StoreClients,
  { from, to }: { readonly from: number; readonly to: number },
  store: string,
): Promise<void> {
  const { stores, hub } = move;
  const main = await clients.of(mainOf(stores));
  await query(main, sql`begin`);
  const left = await query(main, deletePlace(hub, from));
  if (left.length > 0) {
    await query(main, insertMovedPlace(hub, store, to));
    await writeDown(move, main, 'MoveTaskHub', store);
  }
  await query(main, sql`commit`);
}

/** `main`: the default store, where the audit log is. */
async function writeDown(
  { hub, operator: who }: Move,
  main: Client,
  action: string,
  store: string,
): Promise<void> {
  if (who === undefined) return;
  await query(main, insertOwnAuditEntry({ action, hub, target: `in the store ${store}`, who }));
}

/** Whether the hub of an attempt is there, even if it was deleted since. If not, it will never come. */
async function hasCome(move: Move, clients: StoreClients, leaving: Found): Promise<boolean> {
  const { moving_to: to, moving_place: place } = leaving;
  if (to === null || place === null) return false;
  const target = await clients.of(storeOf(move, to));
  try {
    await query(target, sql`begin`);
    await target.query(`set local lock_timeout = ${DECISION_TIMEOUT_MS}`);
    await query(target, decideArrival(place, false));
    await query(target, sql`commit`);
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
    throw new StartupError(
      `the task hub '${move.hub}' is being moved to the store '${to}' by somebody else: wait, or end that first`,
    );
  }
  const [arrival] = await query(target, findArrival(place));
  return arrival?.has_arrived === true;
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '55P03';
}

async function findEverywhere({ stores, hub }: Move, clients: StoreClients): Promise<Found[]> {
  const found: Found[] = [];
  for (const store of stores) {
    const [row] = await query(await clients.of(store), findLiving(hub));
    if (row) found.push({ ...row, store });
  }
  return found;
}

function mainOf(stores: Move['stores']): NamedAddress {
  return must(stores[0], 'the default store');
}

function storeOf({ stores }: Move, name: string): NamedAddress {
  const store = stores.find((each) => each.name === name);
  if (!store) throw new StartupError(`there is no store '${name}': PERDURA_STORES names them`);
  return store;
}
