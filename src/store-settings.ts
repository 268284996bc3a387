// Stores: where task hubs live. One is called `default` and is set by PERDURA_DATABASE_URL and PERDURA_DATABASE_SCHEMA;
// PERDURA_STORES names the others, each of which has two variables of its own. They have no flags: a URL may hold a
// password, and a Kubernetes secret becomes a variable.

import { DEFAULT_STORE } from './domain/store.ts';
import { StartupError } from './lib/startup-error.ts';
import {
  beginningOf,
  envName,
  readVariable,
  type Setting,
  setting,
  type SettingsSource,
} from './read-setting.ts';
import { schemaName, text } from './setting-kinds.ts';

/** A store as it is set. */
export interface FurtherStore {
  readonly name: string;
  /** Undefined: the database of the default store (dev). */
  readonly databaseUrl: string | undefined;
  readonly databaseSchema: string;
}

/** A store and where it is. */
export interface NamedStore {
  readonly name: string;
  readonly url: string;
  readonly schema: string;
}

interface StoreSettings {
  readonly databaseUrl: string | undefined;
  readonly databaseSchema: string;
}

export const storeSettingsTable: { readonly [K in keyof StoreSettings]: Setting<StoreSettings[K]> } = {
  databaseUrl: {
    ...text('url', 'a URL like postgres://user:password@host:5432/database'),
    fallback: undefined,
    shown: "unset: the default store's (dev)",
    sentence: 'Where the PostgreSQL of that store is; serve and migrate need it.',
  },
  databaseSchema: setting(schemaName, 'perdura', 'The schema that holds its tables; it is made when absent.'),
};

export const storeSettingKeys = ['databaseUrl', 'databaseSchema'] as const;

/** `eu-west`, `databaseUrl` → `PERDURA_STORE_EU_WEST_DATABASE_URL`. */
export function storeEnvName(store: string, key: keyof StoreSettings): string {
  return envName(key).replace('PERDURA_', `PERDURA_STORE_${store.replaceAll('-', '_').toUpperCase()}_`);
}

/** Whether a variable is for a store, perhaps for one that there isn't. */
export function isOfStore(variable: string): boolean {
  return /^PERDURA_STORE_.+_DATABASE_(URL|SCHEMA)$/.test(variable);
}

/** The settings of the stores of these names. A variable for any other ends the start. */
export function readStores(names: readonly string[], source: SettingsSource): FurtherStore[] {
  const known = names.flatMap((name) => storeSettingKeys.map((key) => storeEnvName(name, key)));
  const stray = Object.keys(source.env).find((variable) => isOfStore(variable) && !known.includes(variable));
  if (stray !== undefined) {
    throw new StartupError(
      `the environment variable ${beginningOf(stray)} is for a store that ${envName('stores')} does not name`,
    );
  }
  return names.map((name) => {
    const read = <K extends keyof StoreSettings>(key: K): StoreSettings[K] =>
      readVariable(storeEnvName(name, key), storeSettingsTable[key], source);
    const store = { name, databaseUrl: read('databaseUrl'), databaseSchema: read('databaseSchema') };
    checkUrl(store, source.command);
    return store;
  });
}

/** The text itself may hold a password: it isn't repeated. */
function checkUrl({ name, databaseUrl }: FurtherStore, command: SettingsSource['command']): void {
  const variable = storeEnvName(name, 'databaseUrl');
  if (databaseUrl === undefined) {
    if (command === 'dev' || command === 'doctor') return;
    throw new StartupError(`the store '${name}' needs a database: set ${variable}`);
  }
  if (/^postgres(ql)?:\/\//.test(databaseUrl) && URL.canParse(databaseUrl)) return;
  throw new StartupError(
    `${variable} is not valid: it looks like postgres://user:password@host:5432/database`,
  );
}

interface Stores {
  readonly databaseUrl: string;
  readonly databaseSchema: string;
  readonly stores: readonly FurtherStore[];
}

/** All stores, the default one first. Two in one place end the start: they would be one. */
export function storesOf({
  databaseUrl: url,
  databaseSchema: schema,
  stores,
}: Stores): [NamedStore, ...NamedStore[]] {
  const all: [NamedStore, ...NamedStore[]] = [{ name: DEFAULT_STORE, url, schema }];
  for (const { name, databaseUrl = url, databaseSchema } of stores) {
    const store = { name, url: databaseUrl, schema: databaseSchema };
    const other = all.find((known) => placeOf(known) === placeOf(store));
    if (other) {
      throw new StartupError(
        `the stores '${other.name}' and '${name}' have the same database and the same schema ${schema}: set ${storeEnvName(name, 'databaseSchema')} or ${storeEnvName(name, 'databaseUrl')}`,
      );
    }
    all.push(store);
  }
  return all;
}

/** Their names, where there are several: that is when people have to be told which one is meant. */
export function namesOfSeveral({ stores }: Pick<Stores, 'stores'>): string[] {
  return stores.length > 0 ? [DEFAULT_STORE, ...stores.map(({ name }) => name)] : [];
}

/** The same for URLs that differ only in who connects and how. */
function placeOf({ url, schema }: NamedStore): string {
  const address = URL.parse(url);
  if (!address) return `${url} ${schema}`;
  const { hostname, port, pathname, searchParams } = address;
  const host = searchParams.get('host') ?? hostname.toLowerCase();
  return `${host}:${searchParams.get('port') ?? (port || '5432')}${pathname} ${schema}`;
}
