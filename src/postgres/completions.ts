import { type StoredChunk, type TakenChunk } from '../domain/write.ts';
import { byteas, int4s, int8s, texts } from './arrays.ts';
import { type Statement, sql } from './sql.ts';

/** Only while the owner lives: its row is locked, so that whoever frees what it had sees these rows. */
export function storeChunks(chunks: readonly StoredChunk[]): Statement<{ replica_id: number }> {
  const owners = [...new Set(chunks.map((chunk) => chunk.replicaId))];
  return sql`
    with living as materialized (
      select r.replica_id
        from unnest(${int8s(owners, (id) => id)}::int8[]) t(replica_id)
        join replicas r
          on r.replica_id = t.replica_id
       order by r.replica_id
         for key share of r)
    insert into completions (replica_id, token, chunk, bytes)
    select t.replica_id, t.token, t.chunk, t.bytes
      from unnest(${int8s(chunks, (c) => c.replicaId)}::int8[],
                  ${texts(chunks, (c) => c.token)}::text[],
                  ${int4s(chunks, (c) => c.chunk)}::int4[],
                  ${byteas(chunks, (c) => c.bytes)}::bytea[]) t(replica_id, token, chunk, bytes)
      join living l
        on l.replica_id = t.replica_id
     order by t.replica_id, t.token, t.chunk
        on conflict (replica_id, token, chunk) do update
       set bytes = excluded.bytes
    returning replica_id`;
}

export function deleteStored(me: number, taken: readonly TakenChunk[]): Statement {
  return sql`
    delete from completions c
     using unnest(${texts(taken, (t) => t.token)}::text[], ${int4s(taken, (t) => t.chunk)}::int4[]) t(token, chunk)
     where c.replica_id = ${me}::int8
       and c.token = t.token
       and c.chunk = t.chunk`;
}

export function readStored(
  me: number,
  limit: number,
): Statement<{ token: string; chunk: number; bytes: Buffer }> {
  return sql`
    select token,
           chunk,
           bytes
      from completions
     where replica_id = ${me}::int8
     order by token, chunk
     limit ${limit}::int8`;
}
