import { assert } from '../lib/assert.ts';
import type { CeilingCommands } from './ceiling-server.ts';
import { type Channel } from './channel.ts';
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
}

/** Starts PostgreSQL, with these settings beside our own, the server, and a connected load worker. */
export async function startRig(
  processes: Processes,
  options: RigOptions,
  settings: PostgresSettings = {},
): Promise<Rig> {
  const postgres = await processes.postgres().ask('start', { settings });
  const server = await processes.server(postgres.url, options.serverProcesses);
  return {
    ...(await connectWorker(processes, server.grpcAddress, options)),
    databaseUrl: postgres.url,
    serverPid: server.pid,
    serverCpuMs: () => cpuOfFamily(server.pid),
    postgresCpuMs: () => cpuOfFamily(postgres.pid),
    metrics: async () => (await fetch(server.metricsUrl)).text(),
  };
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
  { streams, slots, hubs = 1, payloadBytes }: RigOptions,
): Promise<Pick<Loaded, 'worker' | 'workerCpuMs'>> {
  const worker = processes.loadWorker(payloadBytes);
  await worker.ask('connect', { address, streams, slots, hubs });
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
