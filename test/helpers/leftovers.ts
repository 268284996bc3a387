import { Client } from 'pg';
import { senderOf, type Sender } from '../../src/domain/entity-message.ts';
import { messageKinds } from '../../src/domain/message.ts';
import { connectionSettings } from '../../src/postgres/pool.ts';
import { schema } from './schema.ts';

/*
 * What must not be left in a database, whatever was done to it: rows of instances that are over or gone, what executions
 * that are over hold or ask for, and what replicas hold that are gone. Work of what goes on may wait there for ever.
 */

const ofInstance = '(i.partition, i.instance_key) = (x.partition, x.instance_key)';
const isLiving = 'i.status in (0, 6, 7)';
const isOver = `not exists (select 1 from instances i where ${ofInstance} and ${isLiving})`;
const isGone = `not exists (select 1 from instances i where ${ofInstance})`;
const hasNoOwner = 'not exists (select 1 from replicas r where r.replica_id = x.owner)';

/** Rows, by what they are. */
const rules: Readonly<Record<string, string>> = {
  'messages of instances that are over': `inbox x where ${isOver}`,
  'timers of instances that are over': `timers x where ${isOver}`,
  // Those of finished instances still run: nobody told their workers to stop.
  'activities of instances that are gone': `activities x where ${isGone}`,
  'history of instances that are gone': `history x where ${isGone}`,
  'finished instances that are owned, rung or in a critical section': `instances x
    where not x.status in (0, 6, 7)
      and (x.owner is not null or x.ready_at is not null or x.engine_work or x.sections is not null)`,
  'controls that nobody applied': 'inbox x where x.rank < 0',
  'instances of replicas that are gone': `instances x where x.owner is not null and ${hasNoOwner}`,
  'activities of replicas that are gone': `activities x where x.owner is not null and ${hasNoOwner}`,
  'answers for replicas that are gone': `completions x
    where not exists (select 1 from replicas r where r.replica_id = x.replica_id)`,
  'locks of executions that are over': `instances x
    where x.held_by is not null
      and not exists (select 1
                        from instances i
                       where i.partition = (x.held_by ->> 'partition')::int4
                         and i.instance_key = (x.held_by ->> 'key')::int8
                         and i.generation = (x.held_by ->> 'generation')::int4
                         and ${isLiving})`,
};

/** What is left in a database, as sentences; nothing in one that has no schema. */
export async function leftoversIn(url: string): Promise<string[]> {
  const client = new Client(connectionSettings({ url, schema }));
  await client.connect();
  try {
    const { rows } = await client.query<{ has_schema: boolean }>(
      "select to_regclass('instances') is not null as has_schema",
    );
    return rows[0]?.has_schema ? await look(client) : [];
  } finally {
    await client.end();
  }
}

async function look(client: Client): Promise<string[]> {
  const found: string[] = [];
  for (const [what, from] of Object.entries(rules)) {
    const { rows } = await client.query<{ count: number }>(`select count(*)::int from ${from}`);
    const count = rows[0]?.count ?? 0;
    if (count > 0) found.push(`${count} ${what}`);
  }
  const requests = await requestsOfTheDead(client);
  return requests > 0 ? [...found, `${requests} lock requests of executions that are over`] : found;
}

async function requestsOfTheDead(client: Client): Promise<number> {
  const waiting = await client.query<{ event: Buffer }>(
    `select event from inbox where kind = ${messageKinds.lockRequest}`,
  );
  const living = await client.query<Sender>(
    `select partition, instance_key as key, generation from instances i where kind = 0 and ${isLiving}`,
  );
  const nameOf = ({ partition, key, generation }: Sender): string => `${partition}/${key}/${generation}`;
  const names = new Set(living.rows.map(nameOf));
  return waiting.rows.filter((message) => !names.has(nameOf(senderOf(message)))).length;
}
