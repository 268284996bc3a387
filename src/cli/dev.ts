import { Command } from 'commander';
import { isAuthenticated } from '../authentication.ts';
import { type Settings, settingKeys } from '../config.ts';
import { startEmbeddedPostgres } from '../postgres/embedded.ts';
import { createLogger } from '../telemetry/log.ts';
import { addExample } from './client-command.ts';
import { dataDirsOf } from './data-dirs.ts';
import { runServer } from './run-server.ts';
import { addSettingOptions, settingsOf } from './setting-options.ts';

export function devCommand(): Command {
  const command = new Command('dev').description(
    'Run a server for development: embedded PostgreSQL (unless a database URL is set), no credentials, loopback only.',
  );
  addSettingOptions(
    command,
    settingKeys.filter((key) => key !== 'allowAnonymous' && key !== 'processes'),
  );
  addExample(command, 'perdura dev --grpc-port 8080 --task-hubs default,orders');
  return command.action(async () => {
    const settings = settingsOf('dev', command);
    await dev(settings, dataDirsOf(command, settings));
  });
}

async function dev(
  settings: Settings,
  [dataDir = settings.dataDir, fallbackDir]: readonly string[],
): Promise<void> {
  const log = createLogger({ level: settings.logLevel, format: settings.logFormat });
  if (!isAuthenticated(settings) && !isLoopback(settings.bindAddress)) {
    log.warn(
      { bindAddress: settings.bindAddress },
      'whoever reaches this address may do everything: callers are not authenticated',
    );
  }
  const run = { settings, log, hasBanner: settings.logFormat !== 'json' };
  if (settings.databaseUrl !== undefined) {
    await runServer({ ...run, databaseUrl: settings.databaseUrl });
    return;
  }
  const embedded = await startEmbeddedPostgres({
    dataDir,
    ...(fallbackDir === undefined ? {} : { fallbackDir }),
    log,
  });
  await runServer({ ...run, databaseUrl: embedded.url, embedded });
}

function isLoopback(address: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/.test(address);
}
