import { type Micros } from '../domain/time.ts';
import { type Statement, sql } from './sql.ts';

/** Keys that are read and listed; no more are made. */
export const MOST_API_KEYS = 10_000;

export interface ApiKeyRow {
  readonly key_id: string;
  readonly name: string;
  readonly role: string;
  readonly hubs: string;
  readonly created_at: Micros;
  readonly expires_at: Micros | null;
  readonly revoked_at: Micros | null;
  readonly is_valid: boolean;
}

export interface NewApiKeyRow {
  readonly id: string;
  readonly name: string;
  readonly hash: Buffer;
  readonly role: string;
  readonly hubs: string;
  /** Undefined: never. */
  readonly expiresInSeconds: number | undefined;
}

/** Those that count now. */
export function readApiKeys(): Statement<{
  readonly key_id: string;
  readonly name: string;
  readonly secret_hash: Buffer;
  readonly role: string;
  readonly hubs: string;
}> {
  return sql`
    select key_id,
           name,
           secret_hash,
           role,
           hubs
      from api_keys
     where revoked_at is null
       and (expires_at is null or expires_at > now())
     limit ${MOST_API_KEYS}::int8`;
}

/** Nothing is returned when there are too many. */
export function insertApiKey(key: NewApiKeyRow): Statement<{ readonly expires_at: Micros | null }> {
  return sql`
    insert into api_keys (key_id, name, secret_hash, role, hubs, expires_at)
    select ${key.id}::text,
           ${key.name}::text,
           ${key.hash}::bytea,
           ${key.role}::text,
           ${key.hubs}::text,
           now() + make_interval(secs => ${key.expiresInSeconds ?? null}::float8)
     where (select count(*)
              from api_keys
             where revoked_at is null
               and (expires_at is null or expires_at > now())) < ${MOST_API_KEYS}::int8
    returning expires_at`;
}

/** The newest first; those that don't count any more as well. */
export function listApiKeys(): Statement<ApiKeyRow> {
  return sql`
    select key_id,
           name,
           role,
           hubs,
           created_at,
           expires_at,
           revoked_at,
           revoked_at is null and (expires_at is null or expires_at > now()) as is_valid
      from api_keys
     order by created_at desc,
              key_id
     limit ${MOST_API_KEYS}::int8`;
}

/** Nothing is returned when there is no such key that counts. */
export function revokeApiKey(id: string): Statement<{ readonly name: string }> {
  return sql`
    update api_keys
       set revoked_at = now()
     where key_id = ${id}
       and revoked_at is null
    returning name`;
}

export interface ReplacedKey {
  readonly name: string;
  readonly role: string;
  readonly hubs: string;
  readonly lifetime_seconds: number | null;
}

/** Lets a key end after so many seconds, if it does not end sooner. Nothing is returned when it doesn't count any more. */
export function retireApiKey(id: string, seconds: number): Statement<ReplacedKey> {
  return sql`
    with retired as (
      select key_id,
             extract(epoch from expires_at - created_at)::float8 as lifetime_seconds
        from api_keys
       where key_id = ${id}
         and revoked_at is null
         and (expires_at is null or expires_at > now())
         for update)
    update api_keys
       set expires_at = least(expires_at, now() + make_interval(secs => ${seconds}::float8))
      from retired
     where api_keys.key_id = retired.key_id
    returning name, role, hubs, lifetime_seconds`;
}
