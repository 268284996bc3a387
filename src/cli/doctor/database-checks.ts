import { DEFAULT_STORE } from '../../domain/store.ts';
import { type DatabaseFacts, type TableFacts } from '../../postgres/diagnose.ts';
import { showSpan } from '../moments.ts';
import { type Check, failed, ok, warning } from './check.ts';

/** A replica's connections besides those for reads: the lane, the session, the listener. */
const OTHER_CONNECTIONS = 3;
/** A clock that is further off makes times in logs and histories hard to compare. */
const CLOCK_TOLERANCE_MS = 1_000;
/** Work that waits longer has probably nobody who does it. */
const BACKLOG_SECONDS = 60;
/** Kinds of waiting work that are named. */
const SHOWN = 3;

interface Expected {
  /** The name of the store. */
  readonly store: string;
  /** The names of all. */
  readonly stores: readonly string[];
  readonly schema: string;
  /** Connections of one replica for reads. */
  readonly poolSize: number;
}

/** What the facts about a database mean for Perdura. */
export function judgeDatabase(facts: DatabaseFacts, expected: Expected): Check[] {
  const { tables } = facts;
  return [
    rightsCheck(facts, expected),
    schemaCheck(facts, expected),
    durabilityCheck(facts),
    connectionsCheck(facts, expected),
    clockCheck(facts),
    ...(tables ? [replicasCheck(tables), backlogCheck(tables), ...hubsChecks(tables, expected)] : []),
  ];
}

function rightsCheck({ rights, server: { user } }: DatabaseFacts, { schema }: Expected): Check {
  const { has_schema: hasSchema, can_create: canCreate, foreign_names: foreign } = rights;
  if (rights.unreadable_names.length > 0) {
    const text = `the user ${user} may not read ${rights.unreadable_names.join(', ')}`;
    return failed('rights', text, `run as the user that made the schema ${schema}`);
  }
  if (!canCreate) {
    const what = hasSchema ? `tables in the schema ${schema}` : `the schema ${schema}`;
    return failed(
      'rights',
      `the user ${user} may not create ${what}`,
      'grant the right, or run as another user',
    );
  }
  if (foreign.length > 0) {
    const text = `the user ${user} does not own ${foreign.join(', ')}: migrations can't alter them`;
    return failed('rights', text, 'make that user the owner, or run as the owner');
  }
  return ok('rights', `the user ${user} may do what migrations need`);
}

function schemaCheck({ tables, rights }: DatabaseFacts, { schema }: Expected): Check {
  if (!rights.has_tables) {
    return warning(
      'schema',
      `the schema ${schema} is not there yet`,
      'the first start makes it, "perdura migrate" as well',
    );
  }
  if (!tables) return failed('schema', `the schema ${schema} can't be read`, 'see the rights');
  const { pending, newer, refusal } = tables.schema;
  if (refusal !== undefined) {
    return failed('schema', refusal, 'start the version of Perdura that fits; docs/operations.md, Upgrades');
  }
  if (pending.length > 0) {
    const names = pending.map(({ name }) => name).join(', ');
    return warning(
      'schema',
      `the schema ${schema} is older than this program, which adds ${names}`,
      'the next start of this version does it, "perdura migrate" as well',
    );
  }
  if (newer.length > 0) {
    return warning(
      'schema',
      `the schema ${schema} is newer than this program (${newer.join(', ')}), but compatible`,
      'finish the upgrade: start the newer version',
    );
  }
  return ok('schema', `the schema ${schema} is up to date`);
}

function durabilityCheck({ server }: DatabaseFacts): Check {
  const names = ['fsync', 'full_page_writes', 'synchronous_commit'] as const;
  const off = names.filter((name) => server[name] === 'off');
  if (off.length === 0) return standbyCheck(server);
  return warning(
    'durability',
    `${off.join(' and ')} off: a crash of the database loses what was acknowledged`,
    `set ${off.map((name) => `${name} = on`).join(', ')}`,
  );
}

/** Nothing is switched off: what a standby would have that takes over. */
function standbyCheck(server: DatabaseFacts['server']): Check {
  const { synchronous_standby_names: names, synchronous_commit: commit, standbys } = server;
  const survives = 'what is acknowledged survives a crash';
  if (names === '') {
    const loss = standbys > 0 ? 'a failover loses the last moments' : 'no standby has it';
    return ok('durability', `${survives}; no standby is synchronous: ${loss}`);
  }
  if (commit === 'local') {
    const text = 'synchronous_commit is local: commits do not wait for the synchronous standbys';
    return warning('durability', text, 'set synchronous_commit = on');
  }
  if (standbys > 0) return ok('durability', `${survives}, and a failover to a synchronous standby`);
  return warning(
    'durability',
    `no standby is connected, and every commit waits for ${names}`,
    'start it, or name others in synchronous_standby_names',
  );
}

function connectionsCheck({ server, tables }: DatabaseFacts, { poolSize }: Expected): Check {
  const { max_connections: most, reserved_connections: reserved, used_connections: used } = server;
  const living = tables?.replicas.filter((replica) => !replica.is_expired).length ?? 0;
  const replicas = Math.max(living, 1);
  const needed = replicas * (poolSize + OTHER_CONNECTIONS);
  const text = `${count(replicas, 'replica')} may need ${needed} of ${most - reserved}, ${used} are in use`;
  if (needed <= most - reserved) return ok('connections', text);
  return warning('connections', text, 'raise max_connections, or lower PERDURA_DATABASE_POOL_SIZE');
}

function clockCheck({ server, hereMs, hereErrorMs }: DatabaseFacts): Check {
  const difference = hereMs - server.now / 1000;
  const size = showSpan(Math.abs(difference));
  if (Math.abs(difference) <= CLOCK_TOLERANCE_MS + hereErrorMs) {
    return ok('clock', `${size} off the database's`);
  }
  return warning(
    'clock',
    `this machine is ${size} ${difference > 0 ? 'ahead of' : 'behind'} the database`,
    'let both machines follow a time server',
  );
}

function replicasCheck({ replicas }: TableFacts): Check {
  const living = replicas.filter((replica) => !replica.is_expired);
  const dead = replicas.filter((replica) => replica.is_expired);
  const shown = replicas
    .map(
      ({ address, version, silent_seconds: silent }) =>
        `${address} (${version}, ${showSpan(silent * 1000)} ago)`,
    )
    .join(', ');
  if (living.length === 0) {
    const text = dead.length === 0 ? 'no replica is running' : `no replica is alive; last heard of: ${shown}`;
    return warning('replicas', text, 'start one: "perdura serve" or "perdura dev"');
  }
  const text = `${count(living.length, 'replica')} alive, last heard of: ${shown}`;
  if (dead.length === 0) return ok('replicas', text);
  return warning(
    'replicas',
    `${text}; ${dead.length} silent`,
    'others take over its work within seconds; if it stays here, look at their logs',
  );
}

function backlogCheck({ backlog }: TableFacts): Check {
  const waiting = backlog.filter(({ count: items }) => items > 0);
  const shown = waiting.map(
    ({ name, kind, count: items, oldest_seconds: oldest }) =>
      `${items} of kind ${kind} in hub ${name} (oldest ${showSpan(oldest * 1000)})`,
  );
  if (waiting.length === 0) return ok('backlog', 'no work waits');
  const more = shown.length > SHOWN ? `, and ${shown.length - SHOWN} more` : '';
  const text = `work waits: ${shown.slice(0, SHOWN).join(', ')}${more}`;
  if (waiting.every(({ oldest_seconds: oldest }) => oldest < BACKLOG_SECONDS)) return ok('backlog', text);
  return warning(
    'backlog',
    text,
    'are workers connected to that hub, and do they know these names and versions? perdura_worker_streams at /metrics counts them',
  );
}

/** Nothing where all is as it should be. */
function hubsChecks({ places, hasOwnHubs }: TableFacts, { store, stores }: Expected): Check[] {
  if (store !== DEFAULT_STORE) {
    if (!hasOwnHubs) return [];
    const text =
      'it has task hubs of its own, as the default store of a server: no server takes it as a further one';
    return [failed('hubs', text, `set another database or schema for the store ${store}`)];
  }
  const lost = places.filter((place) => !stores.includes(place.store));
  if (lost.length === 0) return [];
  const shown = lost.map((place) => `${count(place.names, 'name')} to ${place.store}`).join(', ');
  const text = `names of task hubs belong to stores that are not set: ${shown}`;
  return [
    warning('hubs', text, 'set these stores (PERDURA_STORES): until then such task hubs are UNAVAILABLE'),
  ];
}

function count(things: number, noun: string): string {
  return things === 1 ? `1 ${noun}` : `${things} ${noun}s`;
}
