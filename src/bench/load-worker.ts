// The process that makes the load: workers that answer at once, and the clients that start orchestrations. Both are in
// one process because it is the worker that knows, without asking, when an orchestration is over.

import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { must } from '../lib/assert.ts';
import { StartupError } from '../lib/startup-error.ts';
import { codec } from '../protocol/codec.ts';
import {
  activityAnswer,
  batchAnswer,
  prefixed,
  raiseRequest,
  startRequest,
  turnAnswer,
  waitRequest,
} from './answers.ts';
import { answerQuestions } from './channel.ts';
import { ClientLoad, type Send } from './client-load.ts';
import { criticalSectionsScript, ENTITIES, entityCallsScript, signalRequest } from './entity-script.ts';
import { GrpcConnection } from './grpc-connection.ts';
import { END_SECONDS } from './plan.ts';
import { CHAIN_STEPS, chainScript, fanOutScript, mixedScript, type Script, waitingScript } from './script.ts';
import { readWorkItem, type Turn } from './work-item.ts';

export interface ConnectOptions {
  /** `host:port`. */
  readonly address: string;
  /** Connections, with one stream of work items each. */
  readonly streams: number;
  /** Work items of a kind that each stream takes at once. */
  readonly slots: number;
}

export interface LoadOptions {
  readonly kind: LoadKind;
  /** Orchestrations that run, or calls that are out, at once. */
  readonly concurrency: number;
}

/** What was done since the process began. */
export interface LoadCounters {
  /** Work items whose completion was acknowledged. */
  readonly items: number;
  /** Orchestrations that have done what was wanted of them: the turn in which they did was acknowledged. */
  readonly orchestrations: number;
  /** What brought turns on and was no start: ends of activities, answers of entities and the like. */
  readonly results: number;
  /** Operations of entities whose batch was acknowledged. */
  readonly operations: number;
  /** Calls of clients that were acknowledged, of loads that consist of these. */
  readonly calls: number;
  /** When they were counted, on the process's own clock. */
  readonly atMs: number;
}

export type LoadKind = keyof typeof loads;
export type LoadWorkerCommands = typeof commands;

/** Orchestrations that are looked at after a load. */
const LOOKED_AT = 20;
/** Orchestrations that are named when they don't end. */
const NAMED = 5;
const ASK_TIMEOUT_MS = 5_000;
/** The worker's streams are in the first one. */
const [HUB, IDLE_HUB] = ['default', 'idle'];

const loads = {
  chain: playing(chainScript(CHAIN_STEPS)),
  mixed: playing(mixedScript(CHAIN_STEPS)),
  entityCalls: playing(entityCallsScript),
  criticalSections: playing(criticalSectionsScript),
  signalsToOne: calling((number, onOk) => {
    sendSignal(signalRequest(number, 0), onOk);
  }),
  signalsToMany: calling((number, onOk) => {
    sendSignal(signalRequest(number, number % ENTITIES), onOk);
  }),
  /** In a task hub that has no worker. */
  starts: calling((number, onOk) => {
    const connection = connectionOf(idleConnections, number);
    connection.call('StartInstance', startRequest(`${prefix}-idle-${number}`), onOk);
  }),
  /** Nothing follows from the call: for the ceiling. */
  unary: calling((number, onOk) => {
    nextConnection().call('SignalEntity', signalRequest(number, 0), onOk);
  }),
};

const connections: GrpcConnection[] = [];
const idleConnections: GrpcConnection[] = [];
const prefix = `bench-${randomBytes(4).toString('hex')}`;
const clients = new ClientLoad();
/** Ids of orchestrations that have not done yet what is wanted of them. */
const open = new Set<string>();
let script: Script = waitingScript();
/** Whether an orchestration that is over is followed by another one. */
let isRenewed = false;
let started = 0;
let items = 0;
let orchestrations = 0;
let results = 0;
let signals = 0;
let operations = 0;
/** Work items whose answer was sent and not acknowledged yet. */
let unacknowledged = 0;
let turn = 0;
/** Work items as they came, while they are recorded. */
let record: Buffer[] | undefined;
let onChange: () => void = () => undefined;

const commands = {
  /** Resolves when every stream has brought its first message, the ping that says that it is open. */
  async connect({ address, streams, slots }: ConnectOptions): Promise<void> {
    const request = codec.encode('GetWorkItemsRequest', {
      maxConcurrentOrchestrationWorkItems: slots,
      maxConcurrentActivityWorkItems: slots,
      maxConcurrentEntityWorkItems: slots,
    });
    for (let count = 0; count < streams; count++) {
      const connection = await GrpcConnection.open({ address, hub: HUB }, fail);
      connections.push(connection);
      await new Promise<void>((opened) => {
        connection.openStream('GetWorkItems', prefixed(request), (item) => {
          opened();
          handle(connection, item);
        });
      });
    }
    // Afterwards: a server of several processes hands out connections in turn, and each is to have as many of a kind.
    for (let count = 0; count < streams; count++) {
      idleConnections.push(await GrpcConnection.open({ address, hub: IDLE_HUB }, fail));
    }
  },

  counters(): LoadCounters {
    return {
      ...{ items, orchestrations, results, operations },
      ...{ calls: clients.acknowledged, atMs: performance.now() },
    };
  },

  /** Keeps so many orchestrations running, or calls out, until `stopLoad`. */
  startLoad({ kind, concurrency }: LoadOptions): void {
    loads[kind](concurrency);
  },

  /** Starts no more; resolves when all have ended, and some were looked at: they must have completed. */
  async stopLoad({ seconds }: { seconds: number }): Promise<void> {
    isRenewed = false;
    clients.stop();
    await inTime(untilIdle(), seconds);
    for (let back = 0; back < LOOKED_AT; back++) {
      if (started > back) await inTime(untilCompleted(nextConnection(), idOf(started - back)), seconds);
    }
  },

  /** Starts so many orchestrations that wait for a timer in the far future; resolves when all of them do. */
  async startWaiting({ count }: { count: number }): Promise<void> {
    await playAll(waitingScript(), count);
  },

  /** Runs one chain orchestration alone and gives its work items in base64. */
  async recordChain(): Promise<string[]> {
    const recorded: Buffer[] = [];
    record = recorded;
    await playAll(chainScript(CHAIN_STEPS), 1);
    record = undefined;
    return recorded.map((item) => item.toString('base64'));
  },

  /** Chain orchestrations one at a time, as their client sees them. Gives the time of each. */
  async measureLatency({ seconds }: { seconds: number }): Promise<number[]> {
    script = chainScript(CHAIN_STEPS);
    const samplesMs: number[] = [];
    for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
      samplesMs.push(await inTime(timeOne()));
    }
    return samplesMs;
  },

  /** One orchestration of so many activities at once. Gives the time until its end was acknowledged. */
  async fanOut({ activities }: { activities: number }): Promise<{ seconds: number }> {
    const begin = performance.now();
    await playAll(fanOutScript(activities), 1);
    return { seconds: (performance.now() - begin) / 1000 };
  },
};

function playing(played: Script): (concurrency: number) => void {
  return (concurrency) => {
    script = played;
    isRenewed = true;
    for (let count = 0; count < concurrency; count++) start();
  };
}

function calling(send: Send): (concurrency: number) => void {
  return (concurrency) => {
    const noticed: Send = (number, onOk) => {
      send(number, () => {
        onOk();
        onChange();
      });
    };
    clients.start(noticed, concurrency);
  };
}

function handle(connection: GrpcConnection, bytes: Buffer): void {
  const item = readWorkItem(bytes);
  if (!item) return;
  record?.push(Buffer.from(bytes));
  unacknowledged++;
  if (item.kind === 'orchestration') playTurn(connection, item);
  else if (item.kind === 'activity') {
    connection.call('CompleteActivityTask', activityAnswer(item), countItem);
  } else {
    connection.call('CompleteEntityTask', batchAnswer(item), () => {
      countItem();
      operations += item.operations;
      onChange();
    });
  }
}

function countItem(): void {
  items++;
  unacknowledged--;
}

function playTurn(connection: GrpcConnection, item: Turn): void {
  const { actions, isLast, needsEvent } = script(item);
  connection.call('CompleteOrchestratorTask', turnAnswer(item, actions), () => {
    countItem();
    results += item.results;
    if (needsEvent) connection.call('RaiseEvent', raiseRequest(item), () => undefined);
    if (!isLast) return;
    orchestrations++;
    open.delete(textOf(item.id));
    if (isRenewed) start();
    onChange();
  });
}

function start(): void {
  nextConnection().call('StartInstance', startRequest(nextId()), () => undefined);
}

function sendSignal(request: Buffer, onOk: () => void): void {
  nextConnection().call('SignalEntity', request, () => {
    signals++;
    onOk();
  });
}

async function playAll(played: Script, count: number): Promise<void> {
  script = played;
  for (let made = 0; made < count; made++) start();
  await inTime(untilIdle());
}

function isIdle(): boolean {
  return open.size === 0 && clients.open === 0 && operations >= signals;
}

/** Resolves when everything that was begun is over. */
function untilIdle(): Promise<void> {
  return new Promise((resolve) => {
    onChange = () => {
      if (isIdle()) resolve();
    };
    onChange();
  });
}

/** Of what has not ended in time some is named, with the status that the server says. */
async function inTime<Result>(work: Promise<Result>, seconds = END_SECONDS): Promise<Result> {
  const late = Symbol('late');
  const outcome = await Promise.race([work, pause(seconds * 1000, late, { ref: false })]);
  if (outcome !== late) return outcome;
  throw new StartupError(`not over after ${seconds} s: ${await describeOpen()}`);
}

async function describeOpen(): Promise<string> {
  const named = await Promise.all([...open].slice(0, NAMED).map(describeOrchestration));
  const more = open.size > named.length ? ', …' : '';
  return [
    `${open.size} orchestrations${named.length > 0 ? ` (${named.join(', ')}${more})` : ''}`,
    `${clients.open} calls of clients`,
    `${signals - operations} operations of entities`,
    `${unacknowledged} answers without a reply`,
  ].join(', ');
}

async function describeOrchestration(id: string): Promise<string> {
  const asked = nextConnection().ask('GetInstance', waitRequest(id));
  const response = await Promise.race([asked, pause(ASK_TIMEOUT_MS, undefined, { ref: false })]);
  if (!response) return `${id}: no answer`;
  const state = codec.decode('GetInstanceResponse', response).orchestrationState;
  return `${id}: ${state?.orchestrationStatus ?? 'unknown to the server'}`;
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
  const id = idOf(++started);
  open.add(id);
  return id;
}

function idOf(number: number): string {
  return `${prefix}-${number}`;
}

/** What an encoded field of at most 127 bytes says, without its tag and length. */
function textOf(field: Buffer): string {
  return field.toString('latin1', 2);
}

function nextConnection(): GrpcConnection {
  return connectionOf(connections, ++turn);
}

function connectionOf(from: readonly GrpcConnection[], number: number): GrpcConnection {
  return must(from[number % from.length], 'a connection');
}

/** A load that fails in part measures nothing. */
function fail(error: Error): void {
  process.stderr.write(`the load worker failed: ${error.message}\n`);
  process.exit(1);
}

answerQuestions(commands, () => {
  process.exit(0);
});
