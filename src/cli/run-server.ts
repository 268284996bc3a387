import { type EventEmitter } from 'node:events';
import { type RunningServer, type Settings } from '../config.ts';
import { armFailpoints } from '../lib/failpoints.ts';
import { StartupError } from '../lib/startup-error.ts';
import { type EmbeddedPostgres } from '../postgres/embedded.ts';
import { isAway } from '../postgres/failures.ts';
import { prepareStore } from '../prepare-store.ts';
import { startServer } from '../server.ts';
import { namesOfSeveral, storesOf } from '../store-settings.ts';
import { type Logger } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { type Spans } from '../telemetry/spans.ts';
import { version } from '../version.ts';
import { type Addresses, banner, startedFields } from './banner.ts';

export interface ServerRun {
  readonly settings: Settings;
  readonly databaseUrl: string;
  readonly embedded?: EmbeddedPostgres;
  readonly log: Logger;
  /** True shows the start to a person, false writes it as a log line. */
  readonly hasBanner: boolean;
}

/** Runs a server until a signal stops it; resolves when everything has ended. */
export async function runServer(run: ServerRun): Promise<void> {
  const { settings, databaseUrl, embedded, log } = run;
  const stopping = stopSignal(process, log);
  try {
    arm(settings, log);
    await prepareDatabase(run);
    const spans = await openSpans(settings, log);
    const metrics = createMetrics(version, spans, namesOfSeveral(settings));
    const server = await whileThere(startServer({ ...settings, databaseUrl }, log, metrics));
    announce(run, server);
    await untilStopped(stopping, server, embedded);
    await spans?.close();
    log.info('stopped');
  } finally {
    await embedded?.stop();
  }
}

/** Brings the default store up to this program. Rejects with a `StartupError` when it can't be used; the others may come later. */
export async function prepareDatabase({ settings, databaseUrl, log }: ServerRun): Promise<void> {
  const [main] = storesOf({ ...settings, databaseUrl });
  await whileThere(prepareStore(main, log));
}

/** A database that goes away, or turns read-only, during a start ends it in one line. */
async function whileThere<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Error && isAway(error))) throw error;
    const reason = error.cause instanceof Error ? error.cause.message : error.message;
    throw new StartupError(
      `the database can't be reached or takes no writes now (${reason}): start again when it does`,
    );
  }
}

/** Lets this process kill itself where the settings say. */
export function arm({ failpoints }: Settings, log: Logger): void {
  if (failpoints.size === 0) return;
  log.warn(
    { failpoints: Object.fromEntries(failpoints) },
    'PERDURA_FAILPOINTS is set: this server is going to kill itself',
  );
  armFailpoints(failpoints);
}

/** Where spans go; undefined without tracing. */
export async function openSpans(
  { otlpEndpoint: endpoint }: Settings,
  log: Logger,
): Promise<Spans | undefined> {
  if (endpoint === undefined) return undefined;
  const tracing = await import('../telemetry/otlp-spans.ts');
  return tracing.openSpans({ endpoint, version, log });
}

/** Says that the server is ready and where. */
export function announce({ settings, embedded, log, hasBanner }: ServerRun, server: Addresses): void {
  const started = { settings, server, dataDir: embedded?.dataDir };
  if (hasBanner) process.stdout.write(banner(started));
  else log.info({ version, ...startedFields(started) }, 'ready');
}

async function untilStopped(
  stopping: Promise<void>,
  server: RunningServer,
  embedded: EmbeddedPostgres | undefined,
): Promise<void> {
  const databaseGone = embedded?.closed.then(() => new Error('the embedded PostgreSQL ended'));
  const ended = await Promise.race([stopping, ...(databaseGone ? [databaseGone] : [])]);
  await server.stop();
  if (ended) throw ended;
}

/** A launcher and the terminal both pass a Ctrl-C on: what repeats so soon is the same one. */
const SAME_SIGNAL_MS = 150;

/** Resolves at the first SIGTERM, SIGINT or SIGHUP; a second one, unless it is a hang-up, ends the process at once. */
export function stopSignal(
  source: Pick<EventEmitter, 'on'> & { exit(code: number): void },
  log: Logger,
): Promise<void> {
  let firstAt: number | undefined;
  return new Promise((stop) => {
    const onSignal = (signal: string, number: number): void => {
      const now = performance.now();
      if (firstAt === undefined) {
        firstAt = now;
        log.info({ signal }, 'stopping: work under way may finish; a second signal exits at once');
        stop();
      } else if (signal !== 'SIGHUP' && now - firstAt > SAME_SIGNAL_MS) source.exit(128 + number);
    };
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) source.on(signal, onSignal);
  });
}
