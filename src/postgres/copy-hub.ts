// Copies what a task hub consists of into another store. Rows go from one database to the other as they are, and are
// given their new numbers there:
//
//   instance, activity and timer keys   numbered anew, in the old order and without gaps, in a range of their own above every
//                                       key that either store has given: what a worker still holds from the old store
//                                       can't name anything here
//   partitions                          computed anew: they depend on the hub's number
//   message ids                         drawn anew, in the old order
//   references                          a parent, a lock's holder, the sender of a call; to one that is gone: key 0
//
// Nobody owns what arrives: it is as if the replicas that had it were gone.

import { pipeline } from 'node:stream/promises';
import { Transform } from 'node:stream';
import { type Client } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { kindsWithSender } from '../domain/entity-message.ts';
import { partitionOf } from '../domain/ids.ts';
import { messageKinds } from '../domain/message.ts';
import { assert, must } from '../lib/assert.ts';
import { StartupError } from '../lib/startup-error.ts';
import { int4s, int8s } from './arrays.ts';
import { BLOCK } from './keys.ts';
import { query, sql } from './sql.ts';

export const movedTables = ['instances', 'history', 'inbox', 'activities', 'timers', 'signals'] as const;
export type MovedTable = (typeof movedTables)[number];

/** Tables whose rows say themselves which hub they are of; the others hang on an instance. */
const withHub: ReadonlySet<MovedTable> = new Set<MovedTable>(['instances', 'signals']);

export interface HubCopy {
  /** In a snapshot, in which nobody serves the hub any more. */
  readonly source: Client;
  /** In the transaction that brings the hub. */
  readonly target: Client;
  readonly from: number;
  readonly to: number;
  /** Gives the first of so many keys that nobody else has, above every key of both stores. */
  readonly takeKeys: (count: number) => Promise<number>;
  /** Told every now and then: bytes of that table so far. */
  readonly onBytes: (table: MovedTable, bytes: number) => void;
}

/** The first of the new keys of each table. */
type FirstKeys = Readonly<Record<'instances' | 'activities' | 'timers', number>>;

/** Returns how many rows of each table were copied. */
export async function copyHub(copy: HubCopy): Promise<Record<MovedTable, number>> {
  const rows = {} as Record<MovedTable, number>;
  for (const table of movedTables) rows[table] = await stage(copy, table);
  // Its database may clean up again.
  await query(copy.source, sql`commit`);
  const instances = await copy.takeKeys(rows.instances + rows.activities + rows.timers);
  const activities = instances + rows.instances;
  const first = { instances, activities, timers: activities + rows.activities };
  await numberInstances(copy, first);
  await copy.target.query('create index on moving_inbox (instance_key)');
  for (const table of ['moved', ...movedTables.map((name) => `moving_${name}`)]) {
    await copy.target.query(`analyze ${table}`);
  }
  for (const table of movedTables) {
    const inserted = await insert(copy, table, first);
    assert(inserted === rows[table], `${table}: ${inserted} of ${rows[table]} rows arrived`);
  }
  return rows;
}

/** Takes a table's rows over as they are, into a temporary table. */
async function stage({ source, target, from, onBytes }: HubCopy, table: MovedTable): Promise<number> {
  await target.query(`create temp table moving_${table} (like ${table}) on commit drop`);
  const columns = await columnsOf(target, table);
  const rows = withHub.has(table)
    ? `from ${table} r where r.hub_id = ${from}`
    : `from instances i join ${table} r using (partition, instance_key) where i.hub_id = ${from}`;
  const selected = columns.map((column) => `r.${column}`).join(', ');
  const reading = source.query(copyTo(`copy (select ${selected} ${rows}) to stdout (format binary)`));
  const writing = target.query(
    copyFrom(`copy moving_${table} (${columns.join(', ')}) from stdin (format binary)`),
  );
  let bytes = 0;
  const counting = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      onBytes(table, bytes);
      done(null, chunk);
    },
  });
  await pipeline(reading, counting, writing);
  return writing.rowCount;
}

const NUMBERED_AT_ONCE = 5_000;

/** Gives every instance its key and partition in the new store. */
async function numberInstances({ target, to }: HubCopy, { instances }: FirstKeys): Promise<void> {
  await query(
    target,
    sql`
    create temp table moved (
      old_key int8 primary key,
      new_key int8 not null,
      partition int4 not null
    ) on commit drop`,
  );
  await query(
    target,
    sql`
    declare ids no scroll cursor for
      select instance_key,
             instance_id
        from moving_instances
       order by instance_key`,
  );
  for (let next = instances; ;) {
    const { rows } = await target.query<{ instance_key: number; instance_id: string }>(
      `fetch ${NUMBERED_AT_ONCE} from ids`,
    );
    if (rows.length === 0) return;
    const first = next;
    next += rows.length;
    await query(
      target,
      sql`
      insert into moved (old_key, new_key, partition)
      select instance_key,
             ${first}::int8 + n - 1,
             partition
        from unnest(${int8s(rows, (row) => row.instance_key)}::int8[],
                    ${int4s(rows, (row) => partitionOf(to, row.instance_id))}::int4[])
             with ordinality t(instance_key, partition, n)`,
    );
  }
}

/** The sender of a message to an entity stands before its event (entity-message.ts). */
const senderKinds = kindsWithSender.map((kind) => messageKinds[kind]).join(', ');
const senderKey = `case when r.kind in (${senderKinds})
                        then ('x' || encode(substr(r.event, 2, 8), 'hex'))::bit(64)::int8 end`;
const event = `case when r.kind in (${senderKinds})
                    then set_byte(overlay(r.event placing int8send(coalesce(s.new_key, 0)) from 2), 0,
                                  coalesce(s.partition, 0))
                    else r.event end`;
const hasMessages = (where: string): string =>
  `exists (select 1 from moving_inbox x where x.instance_key = r.instance_key${where})`;

/** In the place of $first comes the first key of the table. */
const numbered = (column: string): string => `$first + row_number() over (order by r.${column}) - 1`;

/** What of each table is not as it was: columns, and whom else it takes to say so. */
const changes: Record<
  MovedTable,
  { readonly from: string; readonly columns: Readonly<Record<string, string>> }
> = {
  instances: {
    from: `moving_instances r
           join moved m on m.old_key = r.instance_key
           left join moved p on p.old_key = r.parent_key
           left join moved h on h.old_key = (r.held_by ->> 'key')::int8`,
    columns: {
      owner: 'null',
      ready_at: `case when r.owner is null then r.ready_at
                      else coalesce(r.ready_at, case when ${hasMessages('')} then clock_timestamp() end) end`,
      engine_work: `r.engine_work or (r.owner is not null and ${hasMessages(' and (x.rank < 0 or x.kind = 10)')})`,
      parent_partition: 'case when r.parent_key is not null then coalesce(p.partition, 0) end',
      parent_key: 'case when r.parent_key is not null then coalesce(p.new_key, 0) end',
      held_by: `r.held_by || jsonb_build_object('partition', coalesce(h.partition, 0), 'key', coalesce(h.new_key, 0))`,
    },
  },
  history: { from: 'moving_history r join moved m on m.old_key = r.instance_key', columns: {} },
  inbox: {
    from: `(select r.*, nextval('message_ids') as new_id
              from (select * from moving_inbox order by message_id) r) r
           join moved m on m.old_key = r.instance_key
           left join moved s on s.old_key = ${senderKey}`,
    columns: { message_id: 'r.new_id', event },
  },
  activities: {
    from: 'moving_activities r join moved m on m.old_key = r.instance_key',
    columns: { activity_key: numbered('activity_key'), owner: 'null' },
  },
  timers: {
    from: `moving_timers r
           join moved m on m.old_key = r.instance_key
           left join moved s on s.old_key = ${senderKey}`,
    columns: { timer_key: numbered('timer_key'), event },
  },
  signals: { from: 'moving_signals r', columns: {} },
};

async function insert({ target, to }: HubCopy, table: MovedTable, first: FirstKeys): Promise<number> {
  const { from, columns } = changes[table];
  const everywhere: Readonly<Record<string, string>> = {
    ...{ partition: 'm.partition', instance_key: 'm.new_key', hub_id: String(to) },
    ...columns,
  };
  const names = await columnsOf(target, table);
  const values = names.map((name) => everywhere[name] ?? `r.${name}`).join(', ');
  const firstKey = table in first ? String(first[table as keyof FirstKeys]) : '';
  const { rowCount } = await target.query(
    `insert into ${table} (${names.join(', ')}) select ${values.replace('$first', firstKey)} from ${from}`,
  );
  return rowCount ?? 0;
}

async function columnsOf(client: Client, table: MovedTable): Promise<string[]> {
  const rows = await query(
    client,
    sql<{ name: string }>`
    select attname as name
      from pg_attribute
     where attrelid = ${table}::regclass
       and attnum > 0
       and not attisdropped
     order by attnum`,
  );
  return rows.map(({ name }) => name);
}

/** The last block of keys that a store has given. */
export async function lastKeyBlock(client: Client): Promise<number> {
  const [row] = await query(client, sql<{ last: number }>`select last_value as last from keys`);
  return must(row, 'the last value of a sequence').last;
}

/** Numbers beyond it are not exact; far below it is where nobody ever comes. */
const MOST_BLOCKS = 2 ** 32;

/**
 * Takes so many keys out of those that a store gives, above the `others` blocks of another one. `client` is in no
 * transaction: this one keeps others from new keys.
 */
export async function takeKeys(client: Client, others: number, count: number): Promise<number> {
  await query(client, sql`begin`);
  // Nobody else takes a value from here on.
  await query(client, sql`alter sequence keys no cycle`);
  const first = Math.max(others, await lastKeyBlock(client)) + 1;
  const next = first + Math.ceil(count / BLOCK);
  if (next > MOST_BLOCKS) throw new StartupError('the store has given too many keys to take more');
  await client.query(`alter sequence keys restart with ${next}`);
  await query(client, sql`commit`);
  return first * BLOCK;
}
