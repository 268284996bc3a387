import { Command } from 'commander';
import { type Settings, settingKeys } from '../config.ts';
import { startEmbeddedPostgres } from '../postgres/embedded.ts';
import { createLogger } from '../telemetry/log.ts';
import { runServer } from './run-server.ts';
import { addSettingOptions, settingsOf } from './setting-options.ts';

/** Where root's data goes when the server's user can't enter the folder that perdura was started in. */
const ROOT_DATA_DIR = '/var/lib/perdura';

export function devCommand(): Command {
  const command = new Command('dev').description(
    'Run a server for development: embedded PostgreSQL (unless a database URL is set), no credentials, loopback only.',
  );
  addSettingOptions(
    command,
    settingKeys.filter((key) => key !== 'allowAnonymous'),
  );
  return command.action(async () => {
    await dev(
      settingsOf('dev', command),
      command.opts()['dataDir'] !== undefined || hasValue(process.env['PERDURA_DATA_DIR']),
    );
  });
}

async function dev(settings: Settings, hasChosenDataDir: boolean): Promise<void> {
  const log = createLogger({ level: settings.logLevel, format: settings.logFormat });
  const run = { settings, log, hasBanner: settings.logFormat !== 'json' };
  if (settings.databaseUrl !== undefined) {
    await runServer({ ...run, databaseUrl: settings.databaseUrl });
    return;
  }
  const embedded = await startEmbeddedPostgres({
    dataDir: settings.dataDir,
    ...(hasChosenDataDir ? {} : { fallbackDir: ROOT_DATA_DIR }),
    log,
  });
  await runServer({ ...run, databaseUrl: embedded.url, embedded });
}

function hasValue(text: string | undefined): boolean {
  return text !== undefined && text !== '';
}
