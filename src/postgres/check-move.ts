import { type Client } from 'pg';
import { StartupError } from '../lib/startup-error.ts';
import { findMoveRights } from './hub-moves.ts';
import { readSchemaState } from './migrate.ts';
import { describeReplicas, type ReplicaLife } from './replicas.ts';
import { query } from './sql.ts';
import { type NamedAddress, type StoreClients } from './store-clients.ts';

interface Checked {
  readonly from: NamedAddress;
  readonly to: NamedAddress;
  /** The default store. */
  readonly main: NamedAddress;
  /** Of this program. */
  readonly version: string;
}

/** What would end a move half-way, or leave the hub where nobody serves it, is looked for before. */
export async function checkMove(clients: StoreClients, { from, to, main, version }: Checked): Promise<void> {
  const living = new Map<NamedAddress, ReplicaLife[]>();
  for (const store of new Set([from, to, main])) {
    living.set(store, await checkStore(await clients.of(store), store, version));
  }
  const [rights] = await query(await clients.of(to), findMoveRights());
  if (!rights?.owns_keys || !rights.may_stage) {
    throw new StartupError(
      `the user of the store '${to.name}' may not move a task hub there: it has to own the tables, and to make temporary ones (grant temp on database)`,
    );
  }
  const served = new Set(living.get(to)?.map(({ address }) => address));
  const stranger = living.get(from)?.find(({ address }) => !served.has(address));
  if (stranger) {
    throw new StartupError(
      `the server ${stranger.address} does not serve the store '${to.name}': PERDURA_STORES has to name it for all servers`,
    );
  }
}

/** Its living servers. One of another version may not know that a hub moves, or keep what this one doesn't copy. */
async function checkStore(client: Client, store: NamedAddress, version: string): Promise<ReplicaLife[]> {
  const { pending, newer } = await readSchemaState(client, store.schema);
  if (pending.length > 0 || newer.length > 0) {
    throw new StartupError(
      `the schema of the store '${store.name}' is of another version: use the program of its servers, or run 'perdura migrate'`,
    );
  }
  const living = (await query(client, describeReplicas())).filter((replica) => !replica.is_expired);
  const other = living.find((replica) => replica.version !== version);
  if (other) {
    throw new StartupError(
      `the server ${other.address} has version ${other.version}, and this program ${version}: let all servers be of one version first`,
    );
  }
  return living;
}
