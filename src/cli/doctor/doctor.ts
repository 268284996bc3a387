import { Command } from 'commander';
import { type Settings } from '../../config.ts';
import { DEFAULT_STORE } from '../../domain/store.ts';
import { checkDatabase } from '../../postgres/check-database.ts';
import { diagnose } from '../../postgres/diagnose.ts';
import { urlVariableOf } from '../../prepare-store.ts';
import { type NamedStore, storesOf } from '../../store-settings.ts';
import { addExample, addJsonOption } from '../client-command.ts';
import { dataDirsOf } from '../data-dirs.ts';
import { CommandError } from '../exit-codes.ts';
import { endWithReader, printResult } from '../output.ts';
import { addClientOptions, addSettingOptions, clientSettingsOf, settingsOf } from '../setting-options.ts';
import { type Check, checkLines, failed, ok } from './check.ts';
import { judgeDatabase } from './database-checks.ts';
import { type Database, findDatabase } from './find-database.ts';
import { grpcCheck, readinessCheck } from './server-checks.ts';
import { spaceCheck } from './space-check.ts';

const NEEDED_NODE = 24;

export function doctorCommand(): Command {
  const command = new Command('doctor').description(
    'Look for what is wrong: database, schema, rights, durability, clock, replicas, disk, ports, work that waits. Changes nothing.',
  );
  addSettingOptions(command, [
    ...(['databaseUrl', 'databaseSchema', 'stores', 'dataDir', 'databasePoolSize', 'metricsPort'] as const),
  ]);
  addClientOptions(command, ['endpoint', 'apiKey']);
  addJsonOption(command);
  addExample(command, 'perdura doctor --endpoint localhost:8080');
  return command.action(async () => {
    endWithReader();
    const settings = settingsOf('doctor', command);
    const client = clientSettingsOf(command);
    const checks = [
      nodeCheck(process.versions.node),
      ...(await databaseChecks({ settings, dataDirs: dataDirsOf(command, settings) })),
      await grpcCheck({ ...client, hub: undefined }),
      await readinessCheck(client.endpoint, settings.metricsPort),
    ];
    await report(checks, command.opts()['json'] === true);
  });
}

interface Look {
  readonly settings: Settings;
  readonly dataDirs: readonly string[];
}

async function report(checks: readonly Check[], isJson: boolean): Promise<void> {
  const count = (status: Check['status']): number => checks.filter((check) => check.status === status).length;
  const [problems, warnings] = [count('failed'), count('warning')];
  await printResult(isJson, { checks, failed: problems, warnings }, () => checkLines(checks));
  if (problems > 0) throw new CommandError(`${problems} failed, warnings: ${warnings}`);
}

function nodeCheck(version: string): Check {
  const text = `Node ${version}`;
  if (Number.parseInt(version) >= NEEDED_NODE) return ok('node', text);
  return failed(
    'node',
    text,
    `Perdura needs ${NEEDED_NODE} or newer: start it by bin/start.mjs, which finds one`,
  );
}

async function databaseChecks({ settings, dataDirs }: Look): Promise<Check[]> {
  const database = findDatabase(settings, dataDirs);
  if (!database) {
    const text = `PERDURA_DATABASE_URL is not set, and no embedded PostgreSQL runs in ${dataDirs.join(' or ')}`;
    const advice = 'set it, or PERDURA_DATA_DIR to the folder of a "perdura dev" that runs';
    return [failed('database', text, advice)];
  }
  const [main, ...further] = storesOf({ ...settings, databaseUrl: database.url });
  const checks = await storeChecks(main, database, settings);
  for (const store of further) {
    const found = findDatabase({ databaseUrl: store.url }, []) ?? database;
    for (const check of await storeChecks(store, found, settings)) {
      checks.push({ ...check, name: `${store.name}: ${check.name}` });
    }
  }
  return checks;
}

/** Whatever goes wrong with a database is a finding. */
async function storeChecks(
  { name, url, schema }: NamedStore,
  { shown, dataDir }: Database,
  { databasePoolSize: poolSize, stores }: Settings,
): Promise<Check[]> {
  try {
    await checkDatabase({ url, schema }, urlVariableOf(name));
    const facts = await diagnose({ url, schema });
    return [
      ok('database', `PostgreSQL ${facts.server.version}, ${shown}`),
      ...judgeDatabase(facts, {
        store: name,
        stores: [DEFAULT_STORE, ...stores.map((store) => store.name)],
        schema,
        poolSize,
      }),
      await spaceCheck(facts.server.size_bytes, dataDir),
    ];
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return [failed('database', text, 'see that PostgreSQL runs; nothing else of it was looked at')];
  }
}
