import { Command } from 'commander';
import { DEFAULT_STORE } from '../domain/store.ts';
import { StartupError } from '../lib/startup-error.ts';
import { prepareStore } from '../prepare-store.ts';
import { type NamedStore, storesOf } from '../store-settings.ts';
import { createLogger, type Logger } from '../telemetry/log.ts';
import { addExample } from './client-command.ts';
import { addSettingOptions, settingsOf } from './setting-options.ts';

export function migrateCommand(): Command {
  const command = new Command('migrate').description(
    'Bring the schema of every store up to this version and exit.',
  );
  addSettingOptions(command, ['databaseUrl', 'databaseSchema', 'stores', 'logLevel', 'logFormat']);
  command.option(
    '--json',
    'Print one JSON object: {"schema": …, "applied": […]}; of several stores {"stores": [{"store": …, "schema": …, "applied": […]}, …]}.',
  );
  addExample(command, 'perdura migrate --database-url postgres://user:password@host:5432/perdura');
  return command.action(async () => {
    const settings = settingsOf('migrate', command);
    const { databaseUrl, logLevel, logFormat } = settings;
    if (databaseUrl === undefined) {
      throw new StartupError('migrate needs a database: set PERDURA_DATABASE_URL');
    }
    // Standard output is for the result.
    const log = createLogger({ level: logLevel, format: logFormat, destination: process.stderr });
    const stores = storesOf({ ...settings, databaseUrl });
    const { migrated, failures } = await migrateAll(stores, log);
    const isJson = command.opts()['json'] === true;
    process.stdout.write(isJson ? toJson(migrated, stores.length > 1) : migrated.map(describe).join(''));
    if (failures.length > 0) throw new StartupError(failures.join('; '));
  });
}

interface Migrated {
  readonly store: string;
  readonly schema: string;
  readonly applied: readonly string[];
}

/** What is wrong with one store keeps no other from being migrated. */
async function migrateAll(
  stores: readonly NamedStore[],
  log: Logger,
): Promise<{ migrated: Migrated[]; failures: string[] }> {
  const migrated: Migrated[] = [];
  const failures: string[] = [];
  for (const store of stores) {
    try {
      migrated.push({ store: store.name, schema: store.schema, applied: await prepareStore(store, log) });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      failures.push(stores.length > 1 ? `store ${store.name}: ${error.message}` : error.message);
    }
  }
  return { migrated, failures };
}

function toJson(migrated: readonly Migrated[], areSeveral: boolean): string {
  const [first] = migrated;
  if (areSeveral) return `${JSON.stringify({ stores: migrated })}\n`;
  return first ? `${JSON.stringify({ schema: first.schema, applied: first.applied })}\n` : '';
}

function describe({ store, schema, applied }: Migrated): string {
  const what = store === DEFAULT_STORE ? `schema ${schema}` : `schema ${schema} of the store ${store}`;
  if (applied.length === 0) return `${what} is up to date\n`;
  return applied.map((name) => `applied ${name} to ${what}\n`).join('');
}
