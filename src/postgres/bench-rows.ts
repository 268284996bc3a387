// A database that looks as if it had been in use for long. The program writes one finished and one waiting instance by
// itself; here they are multiplied. Copies differ from their pattern in what must differ, keys, ids and partitions, and
// in their times. Ids are as long as the pattern's, so that they can be put in the place of its ids inside of events.

import { type Client } from 'pg';
import { instanceId, type InstanceKey, partitionOf } from '../domain/ids.ts';
import { assert, must } from '../lib/assert.ts';
import { int4s, int8s, texts } from './arrays.ts';
import { withClient } from './bench-client.ts';
import { Keys } from './keys.ts';
import { query, type Statement, sql } from './sql.ts';

/** Instances beside those that the program wrote. */
export interface Filling {
  readonly finished: number;
  /** Each with a timer. */
  readonly waiting: number;
}

/** Copies that one statement makes. */
const BATCH = 10_000;

/**
 * Multiplies the oldest finished and the oldest unfinished instance of the database, and leaves it as autovacuum would:
 * with statistics, and nothing to clean up. Nobody owns the copies.
 */
export async function fillDatabase(url: string, { finished, waiting }: Filling): Promise<void> {
  await withClient(url, async (client) => {
    const keys = await Keys.open(() => nextKeyBlock(client));
    await multiply(client, keys, { isFinished: true, count: finished });
    await multiply(client, keys, { isFinished: false, count: waiting });
    await query(client, sql`vacuum (analyze)`);
    await query(client, sql`checkpoint`);
  });
}

interface PatternRow {
  readonly partition: number;
  readonly instance_key: number;
  readonly hub_id: number;
  readonly instance_id: string;
  readonly execution_id: string;
}

interface Copy extends InstanceKey {
  readonly id: string;
  readonly executionId: string;
  readonly timerKey: number;
}

async function multiply(
  client: Client,
  keys: Keys,
  { isFinished, count }: { readonly isFinished: boolean; readonly count: number },
): Promise<void> {
  const [found] = await query(client, findPattern(isFinished));
  const pattern = must(found, 'an instance to copy');
  for (let made = 0; made < count; made += BATCH) {
    const copies = Array.from({ length: Math.min(BATCH, count - made) }, () => newCopy(pattern, keys));
    await query(client, insertCopies(pattern, copies, count - made));
  }
}

function newCopy({ hub_id: hubId, instance_id: patternId }: PatternRow, keys: Keys): Copy {
  const executionId = keys.executionId();
  const id = instanceId(keys.executionId().slice(0, patternId.length));
  assert(id.length === patternId.length, 'ids of copies are as long as that of their pattern');
  return { partition: partitionOf(hubId, id), key: keys.key(), id, executionId, timerKey: keys.key() };
}

async function nextKeyBlock(client: Client): Promise<number> {
  const [row] = await query(client, sql<{ block: number }>`select nextval('keys') as block`);
  return must(row, 'the next value of a sequence').block;
}

function findPattern(isFinished: boolean): Statement<PatternRow> {
  return sql`
    select partition, instance_key, hub_id, instance_id, execution_id
      from instances
     where (completed_at is not null) = ${isFinished}::bool
     order by instance_key
     limit 1`;
}

/** Of `missing` copies the first ones: each began a second after the one before it, the last one with the pattern. */
function insertCopies(pattern: PatternRow, copies: readonly Copy[], missing: number): Statement {
  return sql`
    with copies as materialized (
      select partition, instance_key, instance_id, execution_id, timer_key,
             (${missing}::int8 - n) * interval '1 s' as distance
        from unnest(${int4s(copies, (c) => c.partition)}::int4[],
                    ${int8s(copies, (c) => c.key)}::int8[],
                    ${texts(copies, (c) => c.id)}::text[],
                    ${texts(copies, (c) => c.executionId)}::text[],
                    ${int8s(copies, (c) => c.timerKey)}::int8[])
             with ordinality t(partition, instance_key, instance_id, execution_id, timer_key, n)),
    instances_copied as (
      insert into instances (partition, instance_key, hub_id, kind, instance_id, generation, execution_id, name,
                             version, status, turn, input, output, custom_status, tags, history_bytes, created_at,
                             updated_at, completed_at)
      select c.partition, c.instance_key, i.hub_id, i.kind, c.instance_id, i.generation, c.execution_id, i.name,
             i.version, i.status, i.turn, i.input, i.output, i.custom_status, i.tags, i.history_bytes,
             i.created_at - c.distance, i.updated_at - c.distance, i.completed_at - c.distance
        from copies c
       cross join instances i
       where i.partition = ${pattern.partition}::int4
         and i.instance_key = ${pattern.instance_key}::int8),
    history_copied as (
      insert into history (partition, instance_key, turn, events)
      select c.partition, c.instance_key, h.turn,
             decode(replace(replace(encode(h.events, 'hex'),
                                    encode(convert_to(${pattern.instance_id}::text, 'UTF8'), 'hex'),
                                    encode(convert_to(c.instance_id, 'UTF8'), 'hex')),
                            encode(convert_to(${pattern.execution_id}::text, 'UTF8'), 'hex'),
                            encode(convert_to(c.execution_id, 'UTF8'), 'hex')),
                    'hex')
        from copies c
       cross join history h
       where h.partition = ${pattern.partition}::int4
         and h.instance_key = ${pattern.instance_key}::int8)
    insert into timers (partition, fires_at, timer_key, instance_key, generation, kind, rank, event)
    select c.partition, t.fires_at + c.distance, c.timer_key, c.instance_key, t.generation, t.kind, t.rank, t.event
      from copies c
     cross join timers t
     where t.instance_key = ${pattern.instance_key}::int8`;
}
