// Moves a task hub from one store to another, with the servers running. In order:
//
//   1  the hub is marked in its store: whoever registers from now on doesn't serve it
//   2  the rows of all replicas of that store are deleted. That waits for their running batches and ends what could still
//      write; they begin anew, and see the mark. From here on nobody is told anything of the hub, so a copy of it is all of it
//   3  its rows are copied into the new store, in one transaction there. Its COMMIT is the move: whoever asks for the name
//      finds the hub there
//   4  its name gets its place in the new store
//   5  the hub that was left behind is marked deleted, and swept
//
// Whoever moves may die at any point. Up to the COMMIT the hub is where it was, paused; after it, it is where it should be.
// The same call again goes on: it refuses the place of the attempt before (hub-moves.ts), or finds that the hub has
// arrived. So does `abortMove`, which ends the pause instead. The refusal waits for an attempt that is about to commit.

import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { DEFAULT_STORE } from '../domain/store.ts';
import { StartupError } from '../lib/startup-error.ts';
import { must } from '../lib/assert.ts';
import { copyHub, type HubCopy, type MovedTable, takeKeys } from './copy-hub.ts';
import { encodeHints } from './hint-text.ts';
import {
  findArrived,
  findDetails,
  findLiving,
  findMark,
  insertMovedHub,
  insertMovedPlace,
  type LivingHub,
  markMoved,
  markMoving,
  nextPlace,
  refusePlace,
  unmarkMoving,
} from './hub-moves.ts';
import { deletePlace, findPlace, insertPlace, takePlace } from './hubs.ts';
import { channelOf } from './listen.ts';
import { readSchemaState } from './migrate.ts';
import { connectionSettings, type StoreAddress } from './pool.ts';
import { deleteReplica, describeReplicas, listReplicas } from './replicas.ts';
import { query, sql } from './sql.ts';

interface MovableStore extends StoreAddress {
  readonly name: string;
}

export interface Move {
  /** All of them, the default one first. */
  readonly stores: readonly MovableStore[];
  readonly hub: string;
  /** Of this program: all servers of both stores must have it. */
  readonly version: string;
  readonly onStep: (step: MoveStep) => void;
  readonly onBytes: HubCopy['onBytes'];
}

export type MoveStep = 'marked' | 'paused' | 'copied' | 'arrived' | 'placed' | 'left';

export interface Moved {
  readonly from: string;
  /** Undefined when an earlier attempt had copied it. */
  readonly rows: Record<MovedTable, number> | undefined;
}

/** Servers that live notice within so long that their incarnation is over. */
const NOTICE_MS = 15_000;
const LOOK_MS = 50;
/** An attempt that commits takes less. */
const REFUSAL_TIMEOUT_MS = 5_000;

/** A hub as one store has it. */
interface Found extends LivingHub {
  readonly store: MovableStore;
}

/** Returns undefined when the hub is there already. Rejects with a `StartupError` that says what to do. */
export async function moveHub(move: Move, to: string): Promise<Moved | undefined> {
  const target = storeOf(move, to);
  await using clients = new Clients();
  for (;;) {
    const found = await findEverywhere(move, clients);
    const leaving = leavingOf(move.hub, found, target);
    if (!leaving) return undefined;
    const isThere = found.length > 1 || (await hasCome(move, clients, leaving));
    if (isThere) await settle(move, clients, leaving, target);
    const rows = isThere ? undefined : await carry(move, clients, leaving, target);
    if (isThere || rows) return { from: leaving.store.name, rows };
  }
}

/** Which of them has to go to the target; undefined when it is there, and nowhere else. */
function leavingOf(hub: string, found: readonly Found[], target: MovableStore): Found | undefined {
  const there = found.find(({ store }) => store === target);
  const leaving = found.find(({ store }) => store !== target);
  const astray = found.find(({ moving_to: to }) => to !== null && to !== target.name);
  if (astray) {
    throw new StartupError(
      `the task hub '${hub}' is on its way from the store '${astray.store.name}' to '${astray.moving_to ?? ''}': go on with that, or end it with --abort`,
    );
  }
  if (found.length === 0) throw new StartupError(`no store has a task hub '${hub}'`);
  if (there && leaving && there.place_id !== leaving.moving_place) {
    throw new StartupError(
      `the store '${target.name}' has a task hub '${hub}' of its own: delete one of the two first`,
    );
  }
  return leaving;
}

/** Ends the pause of a hub whose move broke off: it goes on where it was. Returns the name of that store. */
export async function abortMove(move: Move): Promise<string> {
  await using clients = new Clients();
  const found = await findEverywhere(move, clients);
  const leaving = found.find(({ moving_to: to }) => to !== null);
  if (!leaving) throw new StartupError(`the task hub '${move.hub}' is not on its way to another store`);
  if (await hasCome(move, clients, leaving)) {
    throw new StartupError(
      `the task hub '${move.hub}' has arrived in the store '${leaving.moving_to ?? ''}': 'perdura hub move' ends what is left to do`,
    );
  }
  const source = await clients.of(leaving.store);
  await query(source, unmarkMoving(leaving.hub_id, must(leaving.moving_place, 'the place of a move')));
  await pauseHub(source, leaving.store);
  return leaving.store.name;
}

/** Steps 1 to 5. Undefined when somebody else changed the hub meanwhile: then it takes another look. */
async function carry(
  move: Move,
  clients: Clients,
  leaving: Found,
  target: MovableStore,
): Promise<Record<MovedTable, number> | undefined> {
  const source = await clients.of(leaving.store);
  for (const store of [leaving.store, target]) await checkStore(move, await clients.of(store), store);
  const main = await clients.of(mainOf(move.stores));
  if (leaving.place_id === null) {
    await givePlace(main, move.hub, leaving);
    return undefined;
  }
  const [next] = await query(main, nextPlace());
  const place = must(next, 'a place').place_id;
  const marked = await query(source, markMoving(leaving, target.name, place));
  if (marked.length === 0) return undefined;
  move.onStep('marked');
  await pauseHub(source, leaving.store);
  move.onStep('paused');
  const moving = { ...leaving, moving_to: target.name, moving_place: place };
  const rows = await copy(move, clients, moving, target);
  await settle(move, clients, moving, target);
  return rows;
}

/** A hub of the default store that was made before there were places. */
async function givePlace(main: Client, hub: string, { hub_id: hubId }: Found): Promise<void> {
  await query(main, insertPlace(hub, DEFAULT_STORE, DEFAULT_STORE));
  const [place] = await query(main, findPlace(hub));
  await query(main, takePlace(hubId, must(place, 'a place').place_id));
}

async function copy(
  { hub, onStep, onBytes }: Move,
  clients: Clients,
  { store, hub_id: from, moving_place: place }: Found,
  to: MovableStore,
): Promise<Record<MovedTable, number>> {
  const [source, target] = [await clients.of(store), await clients.of(to)];
  await query(source, sql`begin isolation level repeatable read read only`);
  const details = must((await query(source, findDetails(from)))[0], 'the task hub');
  const offset = await takeKeys(source, target, from);
  await query(target, sql`begin`);
  const [made] = await query(target, insertMovedHub(hub, must(place, 'the place of a move'), details));
  // Whoever ended this move in the meantime refused its place first: with our row there, and not yet refused, it goes on.
  await checkMark(clients, store, from, place);
  const rows = await copyHub({
    ...{ source, target, from, offset, onBytes },
    to: must(made, 'the hub in the new store').hub_id,
  });
  onStep('copied');
  await query(target, sql`commit`);
  await query(source, sql`commit`);
  onStep('arrived');
  return rows;
}

/** By a look that is not in the snapshot. */
async function checkMark(
  clients: Clients,
  store: MovableStore,
  hubId: number,
  place: number | null,
): Promise<void> {
  const [mark] = await query(await clients.another(store), findMark(hubId));
  if (mark?.moving_place !== place) throw new StartupError('the move was ended by somebody else');
}

/** Steps 4 and 5, for a hub that has arrived. */
async function settle(move: Move, clients: Clients, left: Found, to: MovableStore): Promise<void> {
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
  { stores, hub }: Move,
  clients: Clients,
  { from, to }: { readonly from: number; readonly to: number },
  store: string,
): Promise<void> {
  const main = await clients.of(mainOf(stores));
  await query(main, sql`begin`);
  const left = await query(main, deletePlace(hub, from));
  if (left.length > 0) await query(main, insertMovedPlace(hub, store, to));
  await query(main, sql`commit`);
}

/** Whether the hub of an attempt is there, even if it was deleted since. If not, it will never come. */
async function hasCome(move: Move, clients: Clients, leaving: Found): Promise<boolean> {
  const { moving_to: to, moving_place: place } = leaving;
  if (to === null || place === null) return false;
  const target = await clients.of(storeOf(move, to));
  try {
    await query(target, sql`begin`);
    await target.query(`set local lock_timeout = ${REFUSAL_TIMEOUT_MS}`);
    await query(target, refusePlace(move.hub, place));
    await query(target, sql`commit`);
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
    throw new StartupError(
      `the task hub '${move.hub}' is being moved to the store '${to}' by somebody else: wait, or end that first`,
    );
  }
  const [arrived] = await query(target, findArrived(place));
  return arrived?.has_arrived === true;
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '55P03';
}

/** All replicas of the store begin anew, after the batches that they had begun. */
async function pauseHub(client: Client, store: MovableStore): Promise<void> {
  const before = await query(client, listReplicas());
  // One at a time, as `deleteExpiredReplica`.
  for (const { replica_id: replicaId } of before) await query(client, deleteReplica(replicaId));
  await tellReplicas(client, store);
  const living = before.filter(({ is_expired: isExpired }) => !isExpired).length;
  const deadline = performance.now() + NOTICE_MS;
  // One that doesn't notice in time is frozen: it can't write, but its first answer may be from before.
  while ((await query(client, listReplicas())).length < living && performance.now() < deadline) {
    await pause(LOOK_MS);
  }
}

/** That hubs came or went, and that timers and work may have come with them. */
async function tellReplicas(client: Client, { schema }: MovableStore): Promise<void> {
  const replicas = await query(client, listReplicas());
  const hints = encodeHints(0, [
    { kind: 'hubs' },
    { kind: 'work', hubId: 0, item: 'engine' },
    ...replicas.map(({ replica_id: owner }) => ({ kind: 'timers', owner }) as const),
  ]);
  for (const text of hints) {
    await query(client, sql`select pg_notify(${channelOf(schema)}::text, ${text}::text)`);
  }
}

/** A server of another version may not know that a hub moves, or keep what this one doesn't copy. */
async function checkStore({ version }: Move, client: Client, store: MovableStore): Promise<void> {
  const { pending, newer } = await readSchemaState(client, store.schema);
  if (pending.length > 0 || newer.length > 0) {
    throw new StartupError(
      `the schema of the store '${store.name}' is of another version: use the program of its servers, or run 'perdura migrate'`,
    );
  }
  const others = (await query(client, describeReplicas())).filter((replica) => replica.version !== version);
  const [other] = others;
  if (other) {
    throw new StartupError(
      `the server ${other.address} has version ${other.version}, and this program ${version}: let all servers be of one version first`,
    );
  }
}

async function findEverywhere({ stores, hub }: Move, clients: Clients): Promise<Found[]> {
  const found: Found[] = [];
  for (const store of stores) {
    const [row] = await query(await clients.of(store), findLiving(hub));
    if (row) found.push({ ...row, store });
  }
  return found;
}

function mainOf(stores: Move['stores']): MovableStore {
  return must(stores[0], 'the default store');
}

function storeOf({ stores }: Move, name: string): MovableStore {
  const store = stores.find((each) => each.name === name);
  if (!store) throw new StartupError(`there is no store '${name}': PERDURA_STORES names them`);
  return store;
}

/** Connections to the stores, one each and for some another. */
class Clients implements AsyncDisposable {
  readonly #open = new Map<string, Promise<Client>>();

  of(store: MovableStore): Promise<Client> {
    return this.#get(store, store.name);
  }

  another(store: MovableStore): Promise<Client> {
    return this.#get(store, `${store.name} another`);
  }

  #get(store: MovableStore, name: string): Promise<Client> {
    const known = this.#open.get(name) ?? connect(store);
    this.#open.set(name, known);
    return known;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opening of this.#open.values()) {
      const client = await opening.catch(() => undefined);
      // What it had begun is rolled back.
      client?.connection.stream.destroy();
    }
  }
}

async function connect(store: MovableStore): Promise<Client> {
  // Rows take as long as they take.
  const unlimited = { statement_timeout: 0, idle_in_transaction_session_timeout: 0 };
  const client = new Client(connectionSettings(store, { ...unlimited, plan_cache_mode: 'auto' }));
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw new StartupError(
      `the database of the store '${store.name}' can't be reached: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return client;
}
