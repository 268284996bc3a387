// The process that makes the load: workers that answer at once, and the clients that start orchestrations. Both are in
// one process because it is the worker that knows, without asking, when an orchestration is over.

import { setTimeout as pause } from 'node:timers/promises';
import { must } from '../lib/assert.ts';
import { StartupError } from '../lib/startup-error.ts';
import {
  activityAnswer,
  batchAnswer,
  raiseRequest,
  startRequest,
  turnAnswer,
  waitRequest,
} from './answers.ts';
import { answerQuestions } from './channel.ts';
import { ClientLoad, type Send } from './client-load.ts';
import { criticalSectionsScript, ENTITIES, entityCallsScript, signalRequest } from './entity-script.ts';
import { type ConnectOptions, Connections } from './connections.ts';
import { type GrpcConnection } from './grpc-connection.ts';
import { describeInstance, untilCompleted } from './instance-calls.ts';
import { OpenOrchestrations } from './open-orchestrations.ts';
import { END_SECONDS } from './plan.ts';
import { listEnded, queryRunning } from './query-requests.ts';
import {
  CHAIN_STEPS,
  chainScript,
  childrenScript,
  eventsScript,
  fanOutScript,
  mixedScript,
  type Script,
  timersScript,
  waitingScript,
} from './script.ts';
import { type Percentiles, Times } from './times.ts';
import { readWorkItem, textOf, type Turn } from './work-item.ts';

export interface LoadOptions {
  readonly kind: LoadKind;
  /** Orchestrations that run, or calls that are out, at once. */
  readonly concurrency: number;
}

export interface TimersOptions {
  /** Of orchestrations with a timer each. */
  readonly count: number;
  /** Of orchestrations that are started at once. */
  readonly concurrency: number;
  /** How long after the beginning the first timer is due. */
  readonly allowedMs: number;
  /** How much later the last one is due. */
  readonly spreadMs: number;
  /** For all to wait, and then for all to have fired. */
  readonly seconds: number;
}

/** How long what has ended in a load has taken; undefined when it doesn't consist of such. */
export interface LoadTimes {
  readonly orchestrations?: Percentiles | undefined;
  readonly calls?: Percentiles | undefined;
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
/** Clients that query, each again as soon as it is answered. */
const QUERY_CLIENTS = 4;

const loads = {
  chain: playing(chainScript(CHAIN_STEPS)),
  mixed: playing(mixedScript(CHAIN_STEPS)),
  events: playing(eventsScript(CHAIN_STEPS)),
  subOrchestrations: playing(childrenScript(CHAIN_STEPS)),
  entityCalls: playing(entityCallsScript),
  criticalSections: playing(criticalSectionsScript),
  signalsToOne: calling((number, onOk) => {
    sendSignal(signalRequest(number, 0), onOk);
  }),
  signalsToMany: calling((number, onOk) => {
    sendSignal(signalRequest(number, number % ENTITIES), onOk);
  }),
  /** While the chain runs. */
  queries: (concurrency: number) => {
    loads.chain(concurrency);
    calling(sendQuery)(QUERY_CLIENTS);
  },
  /** In a task hub that has no worker. */
  starts: calling((number, onOk) => {
    connections.nextIdle().call('StartInstance', startRequest(`${orchestrations.idOf(number)}-idle`), onOk);
  }),
  /** Nothing follows from the call: for the ceiling. */
  unary: calling((number, onOk) => {
    connections.next().call('SignalEntity', signalRequest(number, 0), onOk);
  }),
};

const connections = new Connections();
const clients = new ClientLoad();
const orchestrations = new OpenOrchestrations();
let script: Script = waitingScript();
/** Orchestrations that still follow, each when another one is over or waits. */
let toStart = 0;
/** Orchestrations that began to wait. */
let waiting = 0;
/** How late timers fired. */
const lateness = new Times();
let items = 0;
let results = 0;
let signals = 0;
let operations = 0;
/** Work items whose answer was sent and not acknowledged yet. */
let unacknowledged = 0;
/** Work items as they came, while they are recorded. */
let record: Buffer[] | undefined;
let onChange: () => void = () => undefined;

const commands = {
  /** Resolves when every stream is open. */
  connect: (options: ConnectOptions): Promise<void> =>
    connections.open(options, { onItem: handle, onFailure: fail }),

  counters(): LoadCounters {
    return {
      ...{ items, orchestrations: orchestrations.ended, results, operations },
      ...{ calls: clients.acknowledged, atMs: performance.now() },
    };
  },

  /** Keeps so many orchestrations running, or calls out, until `stopLoad`. */
  startLoad({ kind, concurrency }: LoadOptions): void {
    orchestrations.times.clear();
    clients.times.clear();
    loads[kind](concurrency);
  },

  /** Starts no more; resolves when all have ended, and some were looked at: they must have completed. */
  async stopLoad({ seconds }: { seconds: number }): Promise<LoadTimes> {
    toStart = 0;
    clients.stop();
    await inTime(untilIdle(), seconds);
    const { started } = orchestrations;
    for (let number = started; number > Math.max(0, started - LOOKED_AT); number--) {
      const id = orchestrations.idOf(number);
      await inTime(untilCompleted(connections.of(id), id), seconds);
    }
    return { orchestrations: orchestrations.times.percentiles(), calls: clients.times.percentiles() };
  },

  /** Resolves when all timers are set. Gives the milliseconds that it took. */
  async setTimers({ count, concurrency, allowedMs, spreadMs, seconds }: TimersOptions): Promise<number> {
    const [begin, first, before] = [Date.now(), orchestrations.started + 1, waiting];
    lateness.clear();
    const played = timersScript({
      dueMs: (number) => begin + allowedMs + Math.floor(((number - first) / count) * spreadMs),
      onFired: (lateMs) => {
        lateness.add(lateMs);
      },
    });
    play(played, Math.min(count, concurrency));
    toStart = Math.max(0, count - concurrency);
    await inTime(
      until(() => waiting === before + count),
      seconds,
    );
    return Date.now() - begin;
  },

  /** Resolves when all timers have fired and their orchestrations have completed. Gives how late they fired. */
  async untilFired({ seconds }: { seconds: number }): Promise<Percentiles> {
    await inTime(untilIdle(), seconds);
    return must(lateness.percentiles(), 'a timer that has fired');
  },

  /** Starts so many orchestrations that wait for a timer in the far future; resolves when all of them do. */
  async startWaiting({ count }: { count: number }): Promise<void> {
    await playAll(waitingScript(), count);
  },

  /** Runs one chain orchestration alone and gives its work items in base64. */
  recordChain: (): Promise<string[]> => recordItems(() => playAll(chainScript(CHAIN_STEPS), 1)),

  /** Signals an entity that nobody else does and gives its work item in base64. */
  recordBatch: (): Promise<string[]> =>
    recordItems(async () => {
      sendSignal(signalRequest(0, ENTITIES), () => undefined);
      await inTime(until(() => operations > 0));
    }),

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

async function recordItems(play: () => Promise<void>): Promise<string[]> {
  const recorded: Buffer[] = [];
  record = recorded;
  await play();
  record = undefined;
  return recorded.map((item) => item.toString('base64'));
}

function playing(played: Script): (concurrency: number) => void {
  return (concurrency) => {
    play(played, concurrency);
    toStart = Infinity;
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
  const answer = script(item);
  connection.call('CompleteOrchestratorTask', turnAnswer(item, answer.actions), () => {
    countItem();
    results += item.results;
    if (answer.event) connection.call('RaiseEvent', raiseRequest(item, answer.event), () => undefined);
    if (answer.isWaiting) waiting++;
    else if (answer.isLast) orchestrations.end(textOf(item.id));
    else return;
    if (toStart > 0) {
      toStart--;
      start();
    }
    onChange();
  });
}

function play(played: Script, count: number): void {
  script = played;
  for (let made = 0; made < count; made++) start();
}

function start(): void {
  const id = orchestrations.begin();
  connections.of(id).call('StartInstance', startRequest(id), () => undefined);
}

/** A page of what runs, a page of what has ended, or one instance. */
function sendQuery(number: number, onOk: () => void): void {
  const connection = connections.next();
  if (number % 3 === 0) connection.call('QueryInstances', queryRunning, onOk);
  else if (number % 3 === 1) connection.call('ListInstanceIds', listEnded, onOk);
  else connection.call('GetInstance', waitRequest(orchestrations.idOf(orchestrations.started)), onOk);
}

function sendSignal(request: Buffer, onOk: () => void): void {
  connections.next().call('SignalEntity', request, () => {
    signals++;
    onOk();
  });
}

async function playAll(played: Script, count: number): Promise<void> {
  play(played, count);
  await inTime(untilIdle());
}

function isIdle(): boolean {
  return orchestrations.size === 0 && clients.open === 0 && operations >= signals;
}

/** Resolves when everything that was begun is over. */
function untilIdle(): Promise<void> {
  return until(isIdle);
}

function until(condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    onChange = () => {
      if (condition()) resolve();
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
  const named = await Promise.all(
    orchestrations.oldest(NAMED).map((id) => describeInstance(connections.of(id), id)),
  );
  const more = orchestrations.size > named.length ? ', …' : '';
  return [
    `${orchestrations.size} orchestrations${named.length > 0 ? ` (${named.join(', ')}${more})` : ''}`,
    `${clients.open} calls of clients`,
    `${signals - operations} operations of entities`,
    `${unacknowledged} answers without a reply`,
  ].join(', ');
}

async function timeOne(): Promise<number> {
  const id = orchestrations.begin();
  const connection = connections.of(id);
  const begin = performance.now();
  await connection.ask('StartInstance', startRequest(id));
  await untilCompleted(connection, id);
  return performance.now() - begin;
}

/** A load that fails in part measures nothing. */
function fail(error: Error): void {
  process.stderr.write(`the load worker failed: ${error.message}\n`);
  process.exit(1);
}

answerQuestions(commands, () => {
  process.exit(0);
});
