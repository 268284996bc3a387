import cluster from 'node:cluster';
import { Command } from 'commander';
import { isAuthenticated } from '../authentication.ts';
import { settingKeys, type Settings } from '../config.ts';
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
  addExample(command, 'PERDURA_DATABASE_URL=postgres://… perdura serve --api-keys');
  return command.action(async () => {
    const settings = settingsOf('serve', command);
    if (settings.databaseUrl === undefined) {
      throw new StartupError('serve needs a database: set PERDURA_DATABASE_URL (or run "perdura dev")');
    }
    checkAuthentication(settings);
    const log = createLogger({ level: settings.logLevel, format: settings.logFormat });
    const isForPeople =
      settings.logFormat === 'pretty' || (settings.logFormat === 'auto' && process.stdout.isTTY);
    const run = { settings, databaseUrl: settings.databaseUrl, log, hasBanner: isForPeople };
    if (settings.processes === 1) await runServer(run);
    else if (cluster.isPrimary) await serveTogether(run);
    else await serveAsMember(run);
  });
}

/** Whoever is let in without saying who they are was let in on purpose. */
function checkAuthentication(settings: Settings): void {
  const { allowAnonymous } = settings;
  if (isAuthenticated(settings) !== allowAnonymous) return;
  throw new StartupError(
    allowAnonymous
      ? '--allow-anonymous lets everybody do everything, and callers are to be authenticated as well: say one of both'
      : 'whoever reaches the port of this server could do everything: let callers need a key with --api-keys (PERDURA_API_KEYS=true; "perdura key create" makes one), a token (PERDURA_JWT_ISSUER) or a certificate (PERDURA_TLS_CLIENT_CA_FILE), or, if your network protects the port, say so with --allow-anonymous (PERDURA_ALLOW_ANONYMOUS=true)',
  );
}
