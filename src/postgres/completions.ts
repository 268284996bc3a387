import { type StoredChunk, type TakenChunk } from '../domain/write.ts';
import { byteas, int4s, int8s, texts } from './arrays.ts';
import { type Statement, sql } from './sql.ts';
import { type Vault } from './vault.ts';

/** Only while the owner lives: its row is locked, so that whoever frees what it had sees these rows. */
export function storeChunks(vault: Vault, chunks: readonly StoredChunk[]): Statement<{ replica_id: number }> {
  const owners = [...new Set(chunks.map((chunk) => chunk.replicaId))];
  return sql`
    with living as materialized (
      select r.replica_id
        from unnest(${int8s(owners, (id) => id)}::int8[]) t(replica_id)
        join replicas r
          on r.replica_id = t.replica_id
       order by r.replica_id
         for key share of r)
    insert into completions (replica_id, hub_id, token, chunk, bytes)
    select t.replica_id, t.hub_id, t.token, t.chunk, t.bytes
      from unnest(${int8s(chunks, (c) => c.replicaId)}::int8[],
                  ${int4s(chunks, (c) => c.hubId)}::int4[],
                  ${texts(chunks, (c) => c.token)}::text[],
                  ${int4s(chunks, (c) => c.chunk)}::int4[],
                  ${byteas(chunks, (c) => vault.sealNullable('answer', c.bytes))}::bytea[]) t(replica_id, hub_id, token, chunk, bytes)
      join living l
        on l.replica_id = t.replica_id
     order by t.replica_id, t.hub_id, t.token, t.chunk
        on conflict (replica_id, hub_id, token, chunk) do update
       set bytes = excluded.bytes
    returning replica_id`;
}

export function deleteStored(me: number, taken: readonly TakenChunk[]): Statement {
  return sql`
    delete from completions c
     using unnest(${int4s(taken, (t) => t.hubId)}::int4[],
                  ${texts(taken, (t) => t.token)}::text[],
                  ${int4s(taken, (t) => t.chunk)}::int4[]) t(hub_id, token, chunk)
     where c.replica_id = ${me}::int8
       and c.hub_id = t.hub_id
       and c.token = t.token
       and c.chunk = t.chunk`;
}

interface StoredRow {
  readonly hub_id: number;
  readonly token: string;
  readonly chunk: number;
  readonly bytes: Buffer | null;
}

export function readStored(me: number, limit: number): Statement<StoredRow> {
  return sql`
    select hub_id,
           token,
           chunk,
           bytes
      from completions
     where replica_id = ${me}::int8
     order by hub_id, token, chunk
     limit ${limit}::int8`;
}
