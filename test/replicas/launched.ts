import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { must } from '../../src/lib/assert.ts';

// Servers in processes of their own, which can be killed and frozen, and what they write.

/** The part of a log line that tests look at. */
export interface LogLine {
  readonly time?: string;
  readonly level: string;
  readonly msg: string;
  /** Of a process that serves together with others. */
  readonly pid?: number;
  readonly pauseMs?: number;
  readonly err?: { readonly message: string };
}

/** A server that was started; it ends with whoever started it. */
export interface Launched {
  readonly pid: number;
  readonly log: readonly LogLine[];
  /** What it wrote to its standard error, where a healthy server writes nothing. */
  readonly complaints: readonly string[];
  /** Its port of gRPC once it answers; rejects when it ends before. */
  readonly ready: Promise<number>;
  /** Where metrics and probes are answered, `http://host:port`, once it is ready. */
  readonly telemetry: () => string;
  /** Resolves with the exit code when it has ended. */
  readonly ended: Promise<number | null>;
  readonly isRunning: () => boolean;
  /** Whether it ended as by kill -9. */
  readonly wasKilled: () => boolean;
  /** kill -9; resolves when it is gone. */
  readonly kill: () => Promise<void>;
  /** Nothing of it runs until `thaw`. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** What it answered when it was asked how many bytes of its heap are alive; the earliest first. */
  readonly liveBytes: readonly number[];
  /** Asks; a server that is not measured has no answer. */
  readonly askLiveBytes: () => void;
}

const measuring = ['--import', new URL('../helpers/live-memory-preload.ts', import.meta.url).href];
const ourMain = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

export interface LaunchOptions {
  /** That of another version. */
  readonly main?: string | undefined;
  /** A command that runs the one after it, as the same process. */
  readonly by?: readonly string[] | undefined;
  readonly isMeasured?: boolean;
}

/** Starts `perdura serve` on that database, with this environment and with the bounds of memory that bin/start.mjs gives it. */
export function launchServer(
  databaseUrl: string,
  environment: Readonly<Record<string, string>>,
  { main = ourMain, by = [], isMeasured = false }: LaunchOptions = {},
): Launched {
  const args = ['serve', '--allow-anonymous', '--log-format', 'json'];
  const [command = '', ...words] = [
    ...by,
    process.execPath,
    '--max-semi-space-size=32',
    ...(isMeasured ? measuring : []),
    main,
    ...args,
  ];
  const child = spawn(command, words, {
    env: {
      PATH: process.env['PATH'],
      MALLOC_MMAP_THRESHOLD_: '131072',
      MALLOC_ARENA_MAX: '2',
      PERDURA_BIND_ADDRESS: '127.0.0.1',
      PERDURA_DATABASE_URL: databaseUrl,
      PERDURA_METRICS_PORT: '0',
      PERDURA_DRAIN_SECONDS: '0',
      ...environment,
    },
    // The channel ends it with us, however we end.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  const ended = once(child, 'close').then(() => child.exitCode);
  const log: LogLine[] = [];
  const complaints: string[] = [];
  const liveBytes: number[] = [];
  child.on('message', (message: { readonly liveBytes?: number }) => {
    if (message.liveBytes !== undefined) liveBytes.push(message.liveBytes);
  });
  child.stderr?.on('data', (chunk: Buffer) => complaints.push(chunk.toString()));
  const ready = readyPort(child, log, complaints);
  ready.catch(() => undefined);
  return {
    ...{ log, complaints, ready, ended, liveBytes, pid: must(child.pid, 'the process id') },
    telemetry: () => new URL(must(readyLine(log)?.['Metrics and health'], 'its address')).origin,
    wasKilled: () => child.signalCode === 'SIGKILL',
    isRunning: () => child.exitCode === null && child.signalCode === null,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    askLiveBytes: () => child.send('live bytes', () => undefined),
  };
}

/** The port in the line that says that the server is ready. */
async function readyPort(
  child: ChildProcess,
  log: LogLine[],
  complaints: readonly string[],
): Promise<number> {
  return new Promise((resolve, reject) => {
    readLines(must(child.stdout, 'standard output'), log, (line) => {
      const endpoint = readyLine([line])?.['gRPC endpoint'];
      if (endpoint !== undefined) resolve(Number(new URL(endpoint).port));
    });
    child.once('close', () => {
      reject(new Error(`the server ended before it was ready: ${complaints.join('')}`));
    });
  });
}

function readyLine(log: readonly LogLine[]): Readonly<Partial<Record<string, string>>> | undefined {
  return log.find(({ msg }) => msg === 'ready') as Readonly<Partial<Record<string, string>>> | undefined;
}

/** Reads lines of a log into a list. */
export function readLines(
  stream: NodeJS.ReadableStream,
  log: LogLine[],
  onLine: (line: LogLine) => void = () => undefined,
): void {
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      const line = JSON.parse(text) as LogLine;
      log.push(line);
      onLine(line);
    }
  });
}

/** What a replica may complain of when its database is not there, or has declared it dead. */
const outages = /^(the database is not available|this incarnation of the server is over)/;

/** Lines that a replica writes only when something is wrong with itself. */
export function faultsIn({ log }: Pick<Launched, 'log'>): readonly LogLine[] {
  return log.filter(({ level, msg, err }) => {
    const isOutage = msg.startsWith('this incarnation is over') || outages.test(err?.message ?? '');
    return (level === 'error' || level === 'fatal') && !isOutage;
  });
}
