import { startEmbeddedPostgres } from '../../src/postgres/embedded.ts';
import { StartupError } from '../../src/lib/startup-error.ts';
import { createLogger } from '../../src/telemetry/log.ts';

// A process that starts the embedded PostgreSQL on the folder it is given, says so in one line of JSON and runs until it
// is killed. Tests run it as other users and kill it in all ways.
const [dataDir = '', fallbackDir] = process.argv.slice(2);
try {
  const server = await startEmbeddedPostgres({
    dataDir,
    ...(fallbackDir === undefined ? {} : { fallbackDir }),
    settings: { fsync: 'off' },
    log: createLogger({ level: 'warn', format: 'json', destination: process.stderr }),
  });
  const { url, pid } = server;
  // Whoever reads the line may kill us at once.
  process.on('SIGTERM', () => {
    server.stop().then(
      () => process.exit(0),
      () => process.exit(2),
    );
  });
  process.stdout.write(`${JSON.stringify({ url, pid, dataDir: server.dataDir })}\n`);
  await server.closed;
} catch (error) {
  process.stdout.write(
    `${JSON.stringify({ refused: error instanceof StartupError ? error.message : String(error) })}\n`,
  );
  process.exitCode = 1;
}
