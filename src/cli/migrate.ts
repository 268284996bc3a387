import { Command } from 'commander';
import { StartupError } from '../lib/startup-error.ts';
import { checkDatabase } from '../postgres/check-database.ts';
import { migrate } from '../postgres/migrate.ts';
import { createLogger } from '../telemetry/log.ts';
import { addExample } from './client-command.ts';
import { addSettingOptions, settingsOf } from './setting-options.ts';

export function migrateCommand(): Command {
  const command = new Command('migrate').description(
    'Bring the schema of a database up to this version and exit.',
  );
  addSettingOptions(command, ['databaseUrl', 'databaseSchema', 'logLevel', 'logFormat']);
  command.option('--json', 'Print one JSON object: {"schema": …, "applied": […]}.');
  addExample(command, 'perdura migrate --database-url postgres://user:password@host:5432/perdura');
  return command.action(async () => {
    const { databaseUrl, databaseSchema: schema, logLevel, logFormat } = settingsOf('migrate', command);
    if (databaseUrl === undefined) {
      throw new StartupError('migrate needs a database: set PERDURA_DATABASE_URL');
    }
    // Standard output is for the result.
    const log = createLogger({ level: logLevel, format: logFormat, destination: process.stderr });
    await checkDatabase({ url: databaseUrl, schema });
    const applied = await migrate({ url: databaseUrl, schema, log });
    const isJson = command.opts()['json'] === true;
    process.stdout.write(`${isJson ? JSON.stringify({ schema, applied }) : describe(schema, applied)}\n`);
  });
}

function describe(schema: string, applied: readonly string[]): string {
  if (applied.length === 0) return `schema ${schema} is up to date`;
  return applied.map((name) => `applied ${name} to schema ${schema}`).join('\n');
}
