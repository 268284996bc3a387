import { type Client } from 'pg';
import { payloadTables, type PayloadTable } from './payload-columns.ts';
import { query, sql } from './sql.ts';

/** How many values of a table are sealed with a key; null: that are clear. */
export interface Usage {
  readonly table: string;
  readonly keyId: string | null;
  readonly values: number;
}

/** As far as a sealed value's key is named (vault.ts), and the bytes before its id. */
const NAMED_BYTES = 20;
const ID_AT = 4;

/** Of all tables at one moment. Reads every row once, and of each value its beginning. */
export async function countPayloads(client: Client): Promise<Usage[]> {
  await query(client, sql`begin isolation level repeatable read read only`);
  const usage: Usage[] = [];
  for (const table of payloadTables) usage.push(...(await countTable(client, table)));
  await query(client, sql`commit`);
  return usage;
}

async function countTable(client: Client, { table, columns, clearBytes }: PayloadTable): Promise<Usage[]> {
  const begins = Object.keys(columns).map((name) => `(substr(r.${name}, 1 + ${clearBytes}, ${NAMED_BYTES}))`);
  const { rows } = await client.query<{ key_id: string | null; values: number }>(
    `select key_id, count(*) as values
       from (select case when octet_length(v.value) = ${NAMED_BYTES} and substr(v.value, 1, 2) = '\\xff50'
                         then encode(substr(v.value, ${ID_AT + 1}, get_byte(v.value, ${ID_AT - 1})), 'escape')
                    end as key_id
               from ${table} r
              cross join lateral (values ${begins.join(', ')}) v(value)
              where v.value is not null) u
      group by key_id
      order by key_id nulls first`,
  );
  return rows.map(({ key_id: keyId, values }) => ({ table, keyId, values }));
}
