import { newApiKey } from '../auth/api-key.ts';
import { type Role } from '../auth/roles.ts';
import { assert } from '../lib/assert.ts';
import { ApiKeyTable } from '../postgres/api-key-table.ts';
import type { CeilingCommands } from './ceiling-server.ts';
import { type Channel } from './channel.ts';
import type { ConnectOptions } from './connections.ts';
import { cpuOfFamily, cpuOfMachine, cpuOfProcess } from './cpu.ts';
import type { LoadCounters, LoadTimes, LoadWorkerCommands } from './load-worker.ts';
import { END_SECONDS, type Streams } from './plan.ts';
import type { PostgresSettings } from './postgres-process.ts';
import { type Processes } from './processes.ts';
import { CHAIN_ITEMS } from './script.ts';

/** A server under load, and its worker. Times in milliseconds of processor time. */
export interface Loaded {
  readonly worker: Channel<LoadWorkerCommands>;
  readonly serverCpuMs: () => number;
  readonly workerCpuMs: () => number;
}

/** The server with its PostgreSQL. */
export interface Rig extends Loaded {
  readonly databaseUrl: string;
  readonly serverPid: number;
  readonly postgresCpuMs: () => number;
  /** Those of the server, in Prometheus' text format. */
  readonly metrics: () => Promise<string>;
}

/** Bare grpc-js in the server's place. */
export interface CeilingRig extends Loaded {
  readonly loop: Channel<CeilingCommands>;
}

export interface RigOptions extends Streams {
  /** One unless told. */
  readonly serverProcesses?: number;
  /** That the streams are spread over; one unless told. */
  readonly hubs?: number;
  /** Of every input, result and output. */
  readonly payloadBytes?: number;
  /** Whether the server knows its callers, by an API key that every call shows. */
  readonly showsKey?: true;
  readonly usesTls?: true;
  /** Whether payloads are encrypted in the database. */
  readonly encrypts?: true;
}

/** Starts PostgreSQL, with these settings beside our own, the server, and a connected load worker. */
export async function startRig(
  processes: Processes,
  options: RigOptions,
  settings: PostgresSettings = {},
): Promise<Rig> {
  const postgres = await processes.postgres().ask('start', { settings });
  const server = await processes.server(postgres.url, options);
  const shown = options.showsKey ? { credential: await makeApiKey(postgres.url) } : {};
  return {
    ...(await connectWorker(processes, server.grpcAddress, { ...options, ...shown })),
    databaseUrl: postgres.url,
    serverPid: server.pid,
    serverCpuMs: () => cpuOfFamily(server.pid),
    postgresCpuMs: () => cpuOfFamily(postgres.pid),
    metrics: async () => (await fetch(server.metricsUrl)).text(),
  };
}

/** A key that may do everything, as its text. */
async function makeApiKey(url: string): Promise<string> {
  const { id, hash, text } = newApiKey();
  await using keys = await ApiKeyTable.open({ url, schema: 'perdura' }, undefined);
  const role: Role = 'admin';
  await keys.insert({ id, hash, name: 'bench', role, hubs: '*', expiresInSeconds: undefined });
  return text;
}

/** Starts LOOP and a load worker of its own, with what the server sent for one orchestration of the chain and one signal. */
export async function startCeilingRig(
  processes: Processes,
  { streams, slots }: Streams,
  { worker }: Rig,
): Promise<CeilingRig> {
  const recorded = await worker.ask('recordChain', undefined);
  assert(recorded.length === CHAIN_ITEMS, `an orchestration of the chain takes ${CHAIN_ITEMS} work items`);
  const [recordedBatch = ''] = await worker.ask('recordBatch', undefined);
  const loop = processes.ceilingServer();
  await loop.ask('load', { recorded, recordedBatch });
  const { address } = await loop.ask('listen', undefined);
  return {
    ...(await connectWorker(processes, address, { streams, slots })),
    loop,
    serverCpuMs: () => cpuOfProcess(loop.pid),
  };
}

async function connectWorker(
  processes: Processes,
  address: string,
  options: RigOptions & Pick<ConnectOptions, 'credential'>,
): Promise<Pick<Loaded, 'worker' | 'workerCpuMs'>> {
  const { streams, slots, hubs = 1, payloadBytes, credential, usesTls: isSecure = false } = options;
  const worker = processes.loadWorker(payloadBytes);
  const shown = credential === undefined ? {} : { credential };
  await worker.ask('connect', { address, isSecure, streams, slots, hubs, ...shown });
  return { worker, workerCpuMs: () => cpuOfProcess(worker.pid) };
}

/** What had been done and used at one moment. */
export interface Moment extends LoadCounters {
  readonly serverCpuMs: number;
  readonly workerCpuMs: number;
  readonly machineCpuMs: number;
}

export function stopLoad({ worker }: Loaded): Promise<LoadTimes> {
  return worker.ask('stopLoad', { seconds: END_SECONDS });
}

export async function momentOf({ worker, serverCpuMs, workerCpuMs }: Loaded): Promise<Moment> {
  const counters = await worker.ask('counters', undefined);
  return {
    ...counters,
    serverCpuMs: serverCpuMs(),
    workerCpuMs: workerCpuMs(),
    machineCpuMs: cpuOfMachine(),
  };
}
