import { assert } from '../lib/assert.ts';
import { countCommits } from '../postgres/bench-counters.ts';
import type { CeilingCommands } from './ceiling-server.ts';
import { type Channel } from './channel.ts';
import { cpuOfFamily, cpuOfMachine, cpuOfProcess } from './cpu.ts';
import type { LoadCounters, LoadWorkerCommands } from './load-worker.ts';
import { readCounter } from './prometheus.ts';
import { type Plan, STREAMS } from './plan.ts';
import { type Processes } from './processes.ts';
import { CHAIN_ITEMS } from './script.ts';

/** A server under load, and its worker. Times in milliseconds of processor time. */
interface Loaded {
  readonly worker: Channel<LoadWorkerCommands>;
  readonly serverCpuMs: () => number;
  readonly workerCpuMs: () => number;
}

/** The server with its PostgreSQL. */
export interface Rig extends Loaded {
  readonly postgresCpuMs: () => number;
  readonly commits: () => Promise<number>;
  /** Bytes of history sent again so far; undefined when the server doesn't count them. */
  readonly historyBytesResent: () => Promise<number | undefined>;
}

/** Bare grpc-js in the server's place. */
export interface CeilingRig extends Loaded {
  readonly loop: Channel<CeilingCommands>;
}

/** Starts PostgreSQL, the server and a connected load worker. */
export async function startRig(processes: Processes, plan: Plan): Promise<Rig> {
  const postgres = await processes.postgres().ask('start', undefined, 90_000);
  const server = await processes.server(postgres.url);
  return {
    ...(await connectWorker(processes, server.grpcAddress, plan)),
    serverCpuMs: () => cpuOfProcess(server.pid),
    postgresCpuMs: () => cpuOfFamily(postgres.pid),
    commits: () => countCommits(postgres.url),
    async historyBytesResent() {
      const text = await (await fetch(server.metricsUrl)).text();
      return readCounter(text, 'perdura_history_resent_bytes_total');
    },
  };
}

/** Starts LOOP and a load worker of its own, with what the server sent for one orchestration of the chain. */
export async function startCeilingRig(
  processes: Processes,
  plan: Plan,
  { worker }: Rig,
): Promise<CeilingRig> {
  const recorded = await worker.ask('recordChain', undefined);
  assert(recorded.length === CHAIN_ITEMS, `an orchestration of the chain takes ${CHAIN_ITEMS} work items`);
  const loop = processes.ceilingServer();
  await loop.ask('load', { recorded });
  const { address } = await loop.ask('listen', undefined);
  return {
    ...(await connectWorker(processes, address, plan)),
    loop,
    serverCpuMs: () => cpuOfProcess(loop.pid),
  };
}

async function connectWorker(
  processes: Processes,
  address: string,
  { slots }: Plan,
): Promise<Pick<Loaded, 'worker' | 'workerCpuMs'>> {
  const worker = processes.loadWorker();
  await worker.ask('connect', { address, streams: STREAMS, slots });
  return { worker, workerCpuMs: () => cpuOfProcess(worker.pid) };
}

/** What had been done and used at one moment. */
export interface Moment extends LoadCounters {
  readonly serverCpuMs: number;
  readonly workerCpuMs: number;
  readonly machineCpuMs: number;
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
