import { hostname, userInfo } from 'node:os';
import { type Command } from 'commander';
import { type SettingKey, type Settings } from '../config.ts';
import { StartupError } from '../lib/startup-error.ts';
import { type StoreAddress } from '../postgres/pool.ts';
import { prepareStore } from '../prepare-store.ts';
import { storesOf } from '../store-settings.ts';
import { createLogger } from '../telemetry/log.ts';
import { addExample, addJsonOption } from './client-command.ts';
import { dataDirsOf } from './data-dirs.ts';
import { findDatabase } from './doctor/find-database.ts';
import { endWithReader } from './output.ts';
import { addSettingOptions, settingsOf } from './setting-options.ts';

interface StoreCommand {
  readonly description: string;
  readonly example: string;
  /** Beside those that say where the store is. */
  readonly settings?: readonly SettingKey[];
}

/** Makes of a command one that works on the default store, with the settings of `serve`. */
export function addStoreOptions(
  command: Command,
  { description, example, settings = [] }: StoreCommand,
): Command {
  command.description(description);
  addSettingOptions(command, ['databaseUrl', 'databaseSchema', 'dataDir', ...settings]);
  addJsonOption(command);
  return addExample(command, example);
}

interface DefaultStore {
  readonly address: StoreAddress;
  readonly settings: Settings;
}

/** The default store for such a command; its schema is brought up to this program as `serve` would do. */
export async function openDefaultStore(command: Command): Promise<DefaultStore> {
  endWithReader();
  const settings = settingsOf('migrate', command);
  const found = findDatabase(settings, dataDirsOf(command, settings));
  if (!found) {
    throw new StartupError(
      `${command.parent?.name() ?? ''} needs the database: set PERDURA_DATABASE_URL (or PERDURA_DATA_DIR to the folder of a "perdura dev" that runs)`,
    );
  }
  const [address] = storesOf({ ...settings, databaseUrl: found.url });
  await prepareStore(address, createLogger({ level: 'warn', format: 'auto', destination: process.stderr }));
  return { address, settings };
}

/** Who runs this command, as this machine knows them, for the audit log; undefined where it is off. */
export function operatorOf({ audit }: Pick<Settings, 'audit'>): string | undefined {
  return audit === 'off' ? undefined : `${userName()}@${hostname()}`;
}

/** In a container the user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? '?'}`;
  }
}
