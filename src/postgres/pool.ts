import { Pool, type ClientConfig } from 'pg';
import { StartupError } from '../lib/startup-error.ts';
import { typeParsers } from './types.ts';

/** Where a store lives: a database URL and a schema in it. */
export interface StoreAddress {
  readonly url: string;
  readonly schema: string;
}

export interface PoolOptions extends StoreAddress {
  readonly size: number;
  /** Told about connections that broke while idle; the pool replaces them by itself. */
  readonly onIdleError: (error: Error) => void;
}

/** What every connection of a store sets for itself, so that nothing depends on how the server is configured. */
const sessionSettings: Readonly<Record<string, string | number>> = {
  jit: 'off',
  // Statements are prepared once and their values never change the right plan.
  plan_cache_mode: 'force_generic_plan',
  // Both are what `typeParsers` reads.
  datestyle: 'ISO',
  timezone: 'UTC',
  default_transaction_isolation: 'read committed',
  // A replica that froze inside a transaction must let go before its successor gives up (ownership: fence).
  statement_timeout: 30_000,
  idle_in_transaction_session_timeout: 5_000,
  tcp_keepalives_idle: 10,
  tcp_keepalives_interval: 3,
  tcp_keepalives_count: 3,
  tcp_user_timeout: 15_000,
};

/** Settings of one connection to a store. `overrides` replaces session settings by name; times in milliseconds. */
export function connectionSettings(
  { url, schema }: StoreAddress,
  overrides: Readonly<Record<string, string | number>> = {},
): ClientConfig {
  const address = parseDatabaseUrl(url);
  const own = { search_path: quoteSchema(schema), ...sessionSettings, ...overrides };
  const flags = Object.entries(own).map(([name, value]) => `-c ${name}=${escapeOption(value)}`);
  // A URL's own options come first, so ours win; they are taken out of the URL because pg would let them replace ours.
  const options = [...address.searchParams.getAll('options'), ...flags].join(' ');
  address.searchParams.delete('options');
  // pg would give up a statement whose answer may still come; each of our readers has a limit of its own.
  address.searchParams.delete('query_timeout');
  return {
    connectionString: address.href,
    options,
    types: typeParsers,
    application_name: 'perdura',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: 10_000,
  };
}

/** A pool of connections to a store. The caller ends it. */
export function createPool({ size, onIdleError, ...address }: PoolOptions): Pool {
  const pool = new Pool({ ...connectionSettings(address), max: size });
  pool.on('error', onIdleError);
  return pool;
}

/** The schema as an SQL identifier. Names that would need care elsewhere (in dumps, shells, URLs) are refused. */
export function quoteSchema(schema: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema) || schema.startsWith('pg_')) {
    throw new StartupError(
      `the database schema '${schema}' is not a valid name: lower-case letters, digits and _, at most 63, not starting with a digit or pg_`,
    );
  }
  return `"${schema}"`;
}

/** As libpq takes them: after the password, before the path. */
const severalHosts = /^postgres(ql)?:\/\/([^/?#]*@)?[^@/?#]*,[^@/?#]*([/?#]|$)/;

function parseDatabaseUrl(url: string): URL {
  if (severalHosts.test(url)) {
    throw new StartupError(
      'the database URL names several hosts, and a connection is made to one: name what leads to the primary (docs/operations.md, A highly available PostgreSQL)',
    );
  }
  if (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)) return new URL(url);
  // The text itself may hold a password: it isn't repeated.
  throw new StartupError(
    'the database URL is not valid: it looks like postgres://user:password@host:5432/database',
  );
}

function escapeOption(value: string | number): string {
  return String(value).replaceAll('\\', '\\\\').replaceAll(' ', '\\ ');
}
