import { type ChildProcess, fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { must } from '../lib/assert.ts';
import { StartupError } from '../lib/startup-error.ts';
import type { CeilingCommands } from './ceiling-server.ts';
import { Certificate } from './certificate.ts';
import { Channel, type NamedProcess } from './channel.ts';
import type { LoadWorkerCommands } from './load-worker.ts';
import type { PostgresCommands } from './postgres-process.ts';
import { payloadVariable } from './script.ts';

/** `.ts` as checked out, `.js` when built. */
const extension = extname(import.meta.filename);
const STDERR = 2;
const START_TIMEOUT_MS = 60_000;
/** A process that was asked to end is killed after so long; PostgreSQL takes up to 30 s in the worst case. */
const STOP_TIMEOUT_MS = 40_000;

export interface ServerProcess {
  readonly pid: number;
  /** `host:port` */
  readonly grpcAddress: string;
  readonly metricsUrl: string;
}

interface ServerOptions {
  readonly serverProcesses?: number;
  readonly showsKey?: boolean;
  readonly usesTls?: boolean;
  readonly encrypts?: boolean;
}

/** The processes of one run. They end with it, however it ends: each watches its channel to us. */
export class Processes implements AsyncDisposable {
  /** Rejects when one of them ends by itself. */
  readonly failure: Promise<never>;
  readonly #children: ChildProcess[] = [];
  readonly #reject: (error: Error) => void;
  #isStopping = false;
  #certificate: Certificate | undefined;

  constructor() {
    const { promise, reject } = Promise.withResolvers<never>();
    this.failure = promise;
    this.#reject = reject;
    promise.catch(() => undefined);
  }

  postgres(): Channel<PostgresCommands> {
    return new Channel(this.#fork('postgres-process', 'PostgreSQL'));
  }

  /** Its inputs, results and outputs have so many bytes. */
  loadWorker(payloadBytes?: number): Channel<LoadWorkerCommands> {
    const variables = {
      ...(payloadBytes !== undefined && { [payloadVariable]: String(payloadBytes) }),
      ...(this.#certificate && { NODE_EXTRA_CA_CERTS: this.#certificate.certFile }),
    };
    return new Channel(this.#fork('load-worker', 'the load worker', variables));
  }

  ceilingServer(): Channel<CeilingCommands> {
    return new Channel(this.#fork('ceiling-server', 'the ceiling'));
  }

  /** `perdura serve` on that database, on free ports. Resolves when it is ready. */
  async server(
    databaseUrl: string,
    { serverProcesses = 1, showsKey = false, usesTls = false, encrypts = false }: ServerOptions = {},
  ): Promise<ServerProcess> {
    this.#refuseWhenStopping();
    const main = join(import.meta.dirname, '..', `main${extension}`);
    const flags = [...serverFlags(showsKey), ...(usesTls ? this.#tlsFlags() : [])];
    const child = spawn(process.execPath, [...process.execArgv, main, 'serve', ...flags], {
      detached: true,
      env: {
        ...environment(),
        PERDURA_DATABASE_URL: databaseUrl,
        PERDURA_PROCESSES: String(serverProcesses),
        ...(encrypts && { PERDURA_ENCRYPTION_KEYS: `bench:${randomBytes(32).toString('base64')}` }),
      },
      stdio: ['ignore', 'pipe', STDERR, 'ipc'],
    });
    this.#keep({ child, title: 'the server' });
    return { pid: must(child.pid, 'the process id of the server'), ...(await untilReady(child)) };
  }

  /** A server by TLS, whom those that are started from now on trust. */
  #tlsFlags(): string[] {
    this.#certificate ??= new Certificate();
    this.#certificate.trust();
    const { certFile, keyFile } = this.#certificate;
    return [`--tls-cert-file=${certFile}`, `--tls-key-file=${keyFile}`];
  }

  /** Ends all, the youngest first. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    for (const child of this.#children.toReversed()) await stop(child);
    this.#certificate?.[Symbol.dispose]();
  }

  #fork(file: string, title: string, variables: NodeJS.ProcessEnv = {}): NamedProcess {
    this.#refuseWhenStopping();
    const child = fork(join(import.meta.dirname, `${file}${extension}`), {
      // Its own process group: Ctrl-C in a terminal is for us, and we end it when its turn comes.
      detached: true,
      env: { ...environment(), ...variables },
      stdio: ['ignore', STDERR, STDERR, 'ipc'],
    });
    return this.#keep({ child, title });
  }

  #keep({ child, title }: NamedProcess): NamedProcess {
    this.#children.push(child);
    child.once('error', this.#reject);
    child.once('exit', (code, signal) => {
      if (!this.#isStopping) this.#reject(new StartupError(`${title} ended by itself (${signal ?? code})`));
    });
    return { child, title };
  }

  #refuseWhenStopping(): void {
    if (this.#isStopping) throw new StartupError('the benchmark is stopping');
  }
}

const serverFlags = (isForKnown: boolean): string[] => [
  ...[
    '--task-hubs=default,idle',
    '--dynamic-task-hubs=true',
    isForKnown ? '--api-keys' : '--allow-anonymous',
    '--bind-address=127.0.0.1',
    '--grpc-port=0',
    '--metrics-port=0',
  ],
  // Nothing is logged per call; the line that says where it answers is of the level info.
  ...['--log-level=info', '--log-format=json', '--drain-seconds=1'],
];

/** Settings of the caller's own server are none of ours. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PERDURA|DTS)_/.test(name)));
}

/** Waits for the line that says where the server answers; its warnings and errors are passed on. */
function untilReady({ stdout }: ChildProcess): Promise<Omit<ServerProcess, 'pid'>> {
  return new Promise((resolve, reject) => {
    if (!stdout) throw new Error('the server has no output');
    const timer = setTimeout(() => {
      reject(new StartupError(`the server was not ready within ${START_TIMEOUT_MS / 1000} s`));
    }, START_TIMEOUT_MS);
    createInterface({ input: stdout }).on('line', (line) => {
      const fields = readLogLine(line);
      if (fields['level'] !== 'info') process.stderr.write(`${line}\n`);
      if (fields['msg'] !== 'ready') return;
      clearTimeout(timer);
      const url = (name: string): string => fields[name]?.replace('//localhost:', '//127.0.0.1:') ?? '';
      resolve({ grpcAddress: new URL(url('gRPC endpoint')).host, metricsUrl: url('Metrics and health') });
    });
  });
}

function readLogLine(line: string): Readonly<Record<string, string | undefined>> {
  return line.startsWith('{') ? (JSON.parse(line) as Record<string, string>) : {};
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(force);
}
