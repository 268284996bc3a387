import { DEFAULT_STORE } from './domain/store.ts';
import { StartupError } from './lib/startup-error.ts';
import { checkDatabase, hasOwnHubs } from './postgres/check-database.ts';
import { migrate } from './postgres/migrate.ts';
import { envName } from './read-setting.ts';
import { type NamedStore, storeEnvName } from './store-settings.ts';
import { type Logger } from './telemetry/log.ts';

/**
 * Brings the schema of a store up to this program and returns the names of the migrations that were applied. Rejects
 * with a `StartupError` when the store can't be used. `signal` breaks it off; the next call goes on.
 */
export async function prepareStore(
  { name, url, schema }: NamedStore,
  log: Logger,
  signal?: AbortSignal,
): Promise<string[]> {
  const store = { url, schema };
  await checkDatabase(store, urlVariableOf(name));
  // Their names would have no place. It may be somebody else's: nothing of it is changed.
  if (name !== DEFAULT_STORE && (await hasOwnHubs(store))) {
    throw new StartupError(
      `the store '${name}' has task hubs of its own: its schema ${schema} is, or was, the default store of a server`,
    );
  }
  return migrate({ ...store, log, signal });
}

export function urlVariableOf(store: string): string {
  return store === DEFAULT_STORE ? envName('databaseUrl') : storeEnvName(store, 'databaseUrl');
}
