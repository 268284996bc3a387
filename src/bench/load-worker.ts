// The process that makes the load: workers that answer at once, and the clients that start orchestrations. Both are in
// one process because it is the worker that knows, without asking, when an orchestration is over.

import { randomBytes } from 'node:crypto';
import { codec } from '../protocol/codec.ts';
import { activityAnswer, prefixed, raiseRequest, startRequest, turnAnswer, waitRequest } from './answers.ts';
import { answerQuestions } from './channel.ts';
import { GrpcConnection } from './grpc-connection.ts';
import { CHAIN_STEPS, chainScript, fanOutScript, mixedScript, type Script, waitingScript } from './script.ts';
import { readWorkItem } from './work-item.ts';

export interface ConnectOptions {
  /** `host:port`. */
  readonly address: string;
  /** Connections, with one stream of work items each. */
  readonly streams: number;
  /** Work items of a kind that each stream takes at once. */
  readonly slots: number;
}

export interface LoadOptions {
  readonly kind: 'chain' | 'mixed';
  /** Orchestrations that run at once. */
  readonly concurrency: number;
}

/** What was done since the process began. */
export interface LoadCounters {
  /** Work items whose completion was acknowledged. */
  readonly items: number;
  /** Orchestrations that have done what was wanted of them: the turn in which they did was acknowledged. */
  readonly orchestrations: number;
  /** When they were counted, on the process's own clock. */
  readonly atMs: number;
}

export type LoadWorkerCommands = typeof commands;

/** Orchestrations that are looked at after a load. */
const LOOKED_AT = 20;

const connections: GrpcConnection[] = [];
const chain = chainScript(CHAIN_STEPS);
const prefix = `bench-${randomBytes(4).toString('hex')}`;
let script: Script = chain;
let items = 0;
let orchestrations = 0;
let started = 0;
let turn = 0;
/** Work items as they came, while they are recorded. */
let record: Buffer[] | undefined;
let onEnded: () => void = () => undefined;

const commands = {
  /** Resolves when every stream has brought its first message, the ping that says that it is open. */
  async connect({ address, streams, slots }: ConnectOptions): Promise<void> {
    const request = codec.encode('GetWorkItemsRequest', {
      maxConcurrentOrchestrationWorkItems: slots,
      maxConcurrentActivityWorkItems: slots,
    });
    for (let count = 0; count < streams; count++) {
      const connection = await GrpcConnection.open(address, fail);
      connections.push(connection);
      await new Promise<void>((opened) => {
        connection.openStream('GetWorkItems', prefixed(request), (item) => {
          opened();
          handle(connection, item);
        });
      });
    }
  },

  counters(): LoadCounters {
    return { items, orchestrations, atMs: performance.now() };
  },

  /** Keeps so many orchestrations running until `stopLoad`. */
  startLoad({ kind, concurrency }: LoadOptions): void {
    script = kind === 'chain' ? chain : mixedScript(CHAIN_STEPS);
    onEnded = start;
    for (let count = 0; count < concurrency; count++) start();
  },

  /** Starts no more; resolves when all have ended, and some were looked at: they must have completed. */
  async stopLoad(): Promise<void> {
    await untilEnded(() => started === orchestrations);
    for (let back = 0; back < LOOKED_AT; back++) {
      if (started > back) await untilCompleted(nextConnection(), idOf(started - back));
    }
  },

  /** Starts so many orchestrations that wait for a timer in the far future; resolves when all of them do. */
  async startWaiting({ count }: { count: number }): Promise<void> {
    script = waitingScript();
    const waiting = untilEnded(() => started === orchestrations);
    for (let made = 0; made < count; made++) start();
    await waiting;
  },

  /** Runs one chain orchestration alone and gives its work items in base64. */
  async recordChain(): Promise<string[]> {
    script = chain;
    const recorded: Buffer[] = [];
    record = recorded;
    await playOne();
    record = undefined;
    return recorded.map((item) => item.toString('base64'));
  },

  /** Chain orchestrations one at a time, as their client sees them. Gives the time of each. */
  async measureLatency({ seconds }: { seconds: number }): Promise<number[]> {
    script = chain;
    onEnded = () => undefined;
    const samplesMs: number[] = [];
    for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
      samplesMs.push(await timeOne());
    }
    return samplesMs;
  },

  /** One orchestration of so many activities at once. Gives the time until its end was acknowledged. */
  async fanOut({ activities }: { activities: number }): Promise<{ seconds: number }> {
    script = fanOutScript(activities);
    const begin = performance.now();
    await playOne();
    return { seconds: (performance.now() - begin) / 1000 };
  },
};

function handle(connection: GrpcConnection, bytes: Buffer): void {
  const item = readWorkItem(bytes);
  if (!item) return;
  record?.push(Buffer.from(bytes));
  if (item.kind === 'activity') {
    connection.call('CompleteActivityTask', activityAnswer(item), () => {
      items++;
    });
    return;
  }
  const { actions, isLast, needsEvent } = script(item);
  connection.call('CompleteOrchestratorTask', turnAnswer(item, actions), () => {
    items++;
    if (needsEvent) connection.call('RaiseEvent', raiseRequest(item), () => undefined);
    if (!isLast) return;
    orchestrations++;
    onEnded();
  });
}

function start(): void {
  nextConnection().call('StartInstance', startRequest(nextId()), () => undefined);
}

async function playOne(): Promise<void> {
  start();
  await untilEnded(() => true);
}

/** Resolves when an orchestration has ended and the condition holds. */
function untilEnded(isEnough: () => boolean): Promise<void> {
  return new Promise((ended) => {
    onEnded = () => {
      if (isEnough()) ended();
    };
  });
}

async function timeOne(): Promise<number> {
  const connection = nextConnection();
  const id = nextId();
  const begin = performance.now();
  await connection.ask('StartInstance', startRequest(id));
  await untilCompleted(connection, id);
  return performance.now() - begin;
}

/** Rejects when it ends otherwise. */
async function untilCompleted(connection: GrpcConnection, id: string): Promise<void> {
  const response = await connection.ask('WaitForInstanceCompletion', waitRequest(id));
  const state = codec.decode('GetInstanceResponse', response).orchestrationState;
  if (state?.orchestrationStatus !== 'ORCHESTRATION_STATUS_COMPLETED') {
    throw new Error(`an orchestration ended as ${String(state?.orchestrationStatus)}`);
  }
}

function nextId(): string {
  return idOf(++started);
}

function idOf(number: number): string {
  return `${prefix}-${number}`;
}

function nextConnection(): GrpcConnection {
  const connection = connections[++turn % connections.length];
  if (!connection) throw new Error('not connected');
  return connection;
}

/** A load that fails in part measures nothing. */
function fail(error: Error): void {
  process.stderr.write(`the load worker failed: ${error.message}\n`);
  process.exit(1);
}

answerQuestions(commands, () => {
  process.exit(0);
});
