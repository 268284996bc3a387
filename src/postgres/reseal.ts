// Seals a table's payloads anew, with the servers running. A batch locks its rows, passing over those that are locked,
// so it waits for nobody and can deadlock with nobody; whoever wants one of them waits for as long as it takes to seal
// some megabytes. What was done is committed batch by batch: whoever dies half-way has done the first half, and two at
// once do each a part.
//
// A pass goes along the table's blocks. A row that is changed meanwhile may get behind it: passes are repeated, and what
// is left is counted in one snapshot, not by them.

import { type Client } from 'pg';
import { UnreadablePayloadError } from '../domain/errors.ts';
import { must } from '../lib/assert.ts';
import { byteas, texts } from './arrays.ts';
import { type KeyRing } from './key-ring.ts';
import { type PayloadColumn, type PayloadTable } from './payload-columns.ts';
import { query, sql } from './sql.ts';
import { headOf, MAGIC, type Vault } from './vault.ts';

/** Blocks whose rows one statement looks at; rows and bytes that one transaction changes. */
const BLOCKS = 64;
const BATCH_ROWS = 200;
const BATCH_BYTES = 4 * 1024 * 1024;

export interface Resealing {
  readonly client: Client;
  readonly ring: KeyRing;
  /** Of that ring. */
  readonly vault: Vault;
  /** Told every now and then: which part of a table is done, from 0 to 1. */
  readonly onProgress: (table: string, done: number) => void;
}

export interface Resealed {
  readonly values: number;
  /** Left as they are: damaged, or of a key that isn't in the ring. */
  readonly unreadable: number;
}

/** One pass over a table. */
export async function resealTable(resealing: Resealing, table: PayloadTable): Promise<Resealed> {
  const { client, onProgress } = resealing;
  const blocks = await blocksOf(client, table);
  let [values, unreadable] = [0, 0];
  for (let from = 0; from < blocks; from += BLOCKS) {
    for (const places of batches(await findLeft(resealing, table, from))) {
      const done = await resealRows(resealing, table, places);
      values += done.values;
      unreadable += done.unreadable;
    }
    onProgress(table.table, Math.min(1, (from + BLOCKS) / blocks));
  }
  return { values, unreadable };
}

async function blocksOf(client: Client, { table }: PayloadTable): Promise<number> {
  const [row] = await query(
    client,
    sql<{ blocks: number }>`
    select pg_relation_size(${table}::regclass) / current_setting('block_size')::int8 as blocks`,
  );
  return must(row, 'the size of a table').blocks;
}

interface Left {
  readonly place: string;
  readonly bytes: number;
}

/** Rows with a value that is not as it should be. */
async function findLeft({ client, ring }: Resealing, table: PayloadTable, from: number): Promise<Left[]> {
  const names = Object.keys(table.columns);
  const [head, isLeft] = ring.sealing === undefined ? [MAGIC, '='] : [headOf(ring.sealing), '<>'];
  const left = names.map((name) => `substr(r.${name}, 1 + ${table.clearBytes}, ${head.length}) ${isLeft} $1`);
  const bytes = names.map((name) => `coalesce(octet_length(r.${name}), 0)::int8`);
  const { rows } = await client.query<Left>(
    `select r.ctid::text as place, (${bytes.join(' + ')})::int8 as bytes
       from ${table.table} r
      where r.ctid >= $2::text::tid
        and r.ctid < $3::text::tid
        and (${left.join(' or ')})`,
    [head, `(${from},0)`, `(${from + BLOCKS},0)`],
  );
  return rows;
}

function* batches(rows: readonly Left[]): Generator<string[]> {
  let [places, size]: [string[], number] = [[], 0];
  for (const { place, bytes } of rows) {
    places.push(place);
    size += bytes;
    if (places.length < BATCH_ROWS && size < BATCH_BYTES) continue;
    yield places;
    [places, size] = [[], 0];
  }
  if (places.length > 0) yield places;
}

type Row = Readonly<Record<string, Buffer | null>> & { readonly place: string; readonly clear: number };

async function resealRows(
  { client, ring, vault }: Resealing,
  { table, columns, clearBytes }: PayloadTable,
  places: readonly string[],
): Promise<Resealed> {
  const names = Object.keys(columns);
  const seal = new Resealer(vault, ring);
  await query(client, sql`begin`);
  const { rows } = await client.query<Row>(
    `select r.ctid::text as place, (${clearBytes})::int4 as clear, ${names.map((name) => `r.${name}`).join(', ')}
       from ${table} r
      where r.ctid = any($1::text[]::tid[])
        for update skip locked`,
    [texts(places, (place) => place)],
  );
  const sealed = rows.map((row) => ({
    place: row.place,
    values: Object.entries(columns).map(([name, column]) => seal.again(column, row[name] ?? null, row.clear)),
  }));
  const changes = names.map((_, at) => byteas(sealed, ({ values }) => values[at] ?? null));
  await client.query(
    `update ${table} r
        set ${names.map((name) => `${name} = n.${name}`).join(', ')}
       from unnest($1::text[]::tid[], ${names.map((_, at) => `$${at + 2}::bytea[]`).join(', ')})
            n(place, ${names.join(', ')})
      where r.ctid = any($1::text[]::tid[])
        and r.ctid = n.place`,
    [texts(sealed, ({ place }) => place), ...changes],
  );
  await query(client, sql`commit`);
  return seal;
}

/** Counts what it does. */
class Resealer implements Resealed {
  values = 0;
  unreadable = 0;
  readonly #vault: Vault;
  readonly #head: Buffer | undefined;

  constructor(vault: Vault, { sealing }: KeyRing) {
    this.#vault = vault;
    this.#head = sealing === undefined ? undefined : headOf(sealing);
  }

  /** The first `clear` bytes stay as they are. */
  again(column: PayloadColumn, stored: Buffer | null, clear: number): Buffer | null {
    if (stored === null) return null;
    const value = stored.subarray(clear);
    if (this.#head && value.subarray(0, this.#head.length).equals(this.#head)) return stored;
    try {
      const opened = this.#vault.open(column, value);
      const sealed = this.#vault.seal(column, opened);
      if (sealed === value) return stored;
      this.values++;
      return clear === 0 ? sealed : Buffer.concat([stored.subarray(0, clear), sealed]);
    } catch (error) {
      if (!(error instanceof UnreadablePayloadError)) throw error;
      this.unreadable++;
      return stored;
    }
  }
}
