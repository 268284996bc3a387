import cluster from 'node:cluster';
import { Command } from 'commander';
import { settingKeys } from '../config.ts';
import { StartupError } from '../lib/startup-error.ts';
import { createLogger } from '../telemetry/log.ts';
import { addExample } from './client-command.ts';
import { serveAsMember } from './processes/serve-as-member.ts';
import { serveTogether } from './processes/serve-together.ts';
import { runServer } from './run-server.ts';
import { addSettingOptions, settingsOf } from './setting-options.ts';

export function serveCommand(): Command {
  const command = new Command('serve').description(
    'Run a server in production, on a PostgreSQL of your own.',
  );
  addSettingOptions(
    command,
    settingKeys.filter((key) => key !== 'dataDir'),
  );
  addExample(command, 'PERDURA_DATABASE_URL=postgres://… perdura serve --allow-anonymous');
  return command.action(async () => {
    const settings = settingsOf('serve', command);
    if (settings.databaseUrl === undefined) {
      throw new StartupError('serve needs a database: set PERDURA_DATABASE_URL (or run "perdura dev")');
    }
    if (!settings.allowAnonymous) {
      throw new StartupError(
        'this server has no authentication: whoever reaches its port may do everything; if your network protects it, say so with --allow-anonymous (PERDURA_ALLOW_ANONYMOUS=true)',
      );
    }
    const log = createLogger({ level: settings.logLevel, format: settings.logFormat });
    const isForPeople =
      settings.logFormat === 'pretty' || (settings.logFormat === 'auto' && process.stdout.isTTY);
    const run = { settings, databaseUrl: settings.databaseUrl, log, hasBanner: isForPeople };
    if (settings.processes === 1) await runServer(run);
    else if (cluster.isPrimary) await serveTogether(run);
    else await serveAsMember(run);
  });
}
