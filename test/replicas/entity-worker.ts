import { setTimeout as pause } from 'node:timers/promises';
import { failureOf, type Request, type Response, TaskHubClient } from '../../src/grpc/client.ts';
import { codec, type MessageInput } from '../../src/protocol/codec.ts';
import {
  type AnyHistoryEvent,
  type HistoryEventOf,
  type OrchestratorRequest,
} from '../../src/protocol/messages.ts';
import { type BatchItem, callAction, lockAction, readBatch, unlockAction } from '../helpers/entities.ts';
import { complete, continueAsNew } from '../helpers/scripted-worker.ts';
import { runStep } from './programs.ts';
import { type RoundRobin } from './round-robin.ts';

/** What an entity of these tests keeps. */
export interface EntityState {
  /** Operations `add`. */
  readonly count: number;
  /** Who entered and did not leave. */
  readonly inside: string | null;
  /** Who entered while somebody else was inside: `[inside, entered]`. */
  readonly overlaps: readonly (readonly [string, string])[];
}

/** What an orchestration of these tests does in its critical sections, one after the other. */
export interface SectionPlan {
  readonly entities: readonly string[];
  /** Continues as new so often before it ends. */
  readonly rounds: number;
  /** Or leaves it to the server, as JavaScript and Java do. */
  readonly unlocks: boolean;
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Options {
  readonly from: { readonly endpoint: string };
  /** Where answers go. */
  readonly to: RoundRobin;
  readonly hub: string;
  readonly random: () => number;
}

type WorkItem = Response<'GetWorkItems'>;

/** A worker that gives items back, dies of them, stops early and answers late, but plays its programs right. */
export class UnreliableWorker {
  readonly #options: Options;
  #stream: { cancel(): void } | undefined;
  #isClosed = false;
  deaths = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#open();
  }

  close(): void {
    this.#isClosed = true;
    this.#stream?.cancel();
  }

  #open(): void {
    if (this.#isClosed) return;
    const { from, hub } = this.#options;
    const client = new TaskHubClient({ address: from.endpoint, hub });
    const stream = client.stream('GetWorkItems', {});
    this.#stream = stream;
    stream.on('data', (item: WorkItem) => void this.#work(item));
    stream.on('error', () => undefined);
    stream.on('close', () => {
      client.close();
      setTimeout(() => {
        this.#open();
      }, 20).unref();
    });
  }

  async #work({ completionToken: token, orchestratorRequest, entityRequestV2 }: WorkItem): Promise<void> {
    const { random } = this.#options;
    await pause(random() * 5);
    const fate = random();
    if (fate < 0.03) {
      this.deaths++;
      this.#stream?.cancel();
      return;
    }
    if (orchestratorRequest) {
      if (fate < 0.05) await this.#call('AbandonTaskOrchestratorWorkItem', { completionToken: token });
      else await this.#turn(token, codec.encode('OrchestratorRequest', orchestratorRequest));
    } else if (entityRequestV2) {
      if (fate < 0.05) await this.#call('AbandonTaskEntityWorkItem', { completionToken: token });
      else await this.#batch(readBatch(token, entityRequestV2), fate < 0.2);
    }
  }

  async #turn(completionToken: string, bytes: Buffer): Promise<void> {
    const request = codec.decode('OrchestratorRequest', bytes);
    const { instanceId } = request;
    await this.#call('CompleteOrchestratorTask', {
      instanceId,
      completionToken,
      actions: playSection(request),
    });
  }

  /** `isShort`: only the first operation is done. */
  async #batch({ token, request, state }: BatchItem, isShort: boolean): Promise<void> {
    const operations = request.operationRequests.slice(0, isShort ? 1 : undefined);
    await this.#call('CompleteEntityTask', { completionToken: token, ...resultOf(state, operations) });
  }

  async #call<
    Name extends
      'CompleteOrchestratorTask' | 'CompleteEntityTask' | `AbandonTask${'Orchestrator' | 'Entity'}WorkItem`,
  >(rpc: Name, request: Request<Name>): Promise<void> {
    while (!this.#isClosed && !this.#options.to.isClosed) {
      try {
        await this.#options.to.call(rpc, request);
        return;
      } catch (error) {
        if (failureOf(error)?.code !== 'UNAVAILABLE') return;
        await pause(100);
      }
    }
  }
}

/** What a batch of these operations makes of an entity. */
export function resultOf(
  state: string | null,
  operations: readonly AnyHistoryEvent[],
): Pick<MessageInput<'EntityBatchResult'>, 'results' | 'entityState'> {
  const before =
    state === null ? { count: 0, inside: null, overlaps: [] } : (JSON.parse(state) as EntityState);
  return {
    results: operations.map((event) => ({ success: { result: answerTo(event) } })),
    entityState: {
      value: JSON.stringify(operations.filter((event) => !isEcho(event)).reduce(apply, before)),
    },
  };
}

/** An echo is answered as an activity would be with the same input, and changes nothing. */
function answerTo(event: AnyHistoryEvent): { value: string } | null {
  return isEcho(event) ? { value: runStep(event.entityOperationCalled.input?.value ?? '') } : null;
}

function isEcho(event: AnyHistoryEvent): event is HistoryEventOf<'entityOperationCalled'> {
  return event.eventType === 'entityOperationCalled' && event.entityOperationCalled.operation === 'echo';
}

function apply(state: EntityState, event: AnyHistoryEvent): EntityState {
  if (event.eventType === 'entityOperationSignaled') return { ...state, count: state.count + 1 };
  if (event.eventType !== 'entityOperationCalled') throw new Error('an entity was sent something else');
  const { operation, parentInstanceId, parentExecutionId } = event.entityOperationCalled;
  const who = `${parentInstanceId?.value ?? ''}/${parentExecutionId?.value ?? ''}`;
  if (operation === 'leave') return state.inside === who ? { ...state, inside: null } : state;
  if (state.inside === null) return { ...state, inside: who };
  return { ...state, inside: who, overlaps: [...state.overlaps, [state.inside, who]] };
}

/** Locks, enters all entities, leaves all of them, ends. */
export function playSection({
  instanceId: id,
  pastEvents,
  newEvents,
}: OrchestratorRequest): MessageInput<'OrchestratorAction'>[] {
  const history = [...pastEvents, ...newEvents];
  const plan = planOf(history);
  const entities = [...new Set(plan.entities)];
  const count = (type: AnyHistoryEvent['eventType']): number =>
    history.filter(({ eventType }) => eventType === type).length;
  const section = `section of ${id}`;
  if (count('entityLockRequested') === 0) return [lockAction(1, section, ...plan.entities)];
  const called = count('entityOperationCalled');
  if (count('entityLockGranted') === 0 || count('entityOperationCompleted') < called) return [];
  if (called < 2 * entities.length) {
    const operation = called === 0 ? 'enter' : 'leave';
    return entities.map((entity, i) => callAction(2 + called + i, entity, operation));
  }
  const unlocks = plan.unlocks ? plan.entities.map((entity) => unlockAction(90, section, entity)) : [];
  const next: SectionPlan = { ...plan, rounds: plan.rounds - 1 };
  return [...unlocks, plan.rounds > 0 ? continueAsNew(JSON.stringify(next)) : complete('"done"')];
}

function planOf(history: readonly AnyHistoryEvent[]): SectionPlan {
  const started = history.find((event) => event.eventType === 'executionStarted');
  const input = started?.eventType === 'executionStarted' ? started.executionStarted.input?.value : undefined;
  return JSON.parse(input ?? '{}') as SectionPlan;
}

/** A plan drawn at random: up to three of five rooms. */
export function drawSection(random: () => number): SectionPlan {
  const entities = Array.from(
    { length: 1 + Math.floor(random() * 3) },
    () => `@room@${Math.floor(random() * 5)}`,
  );
  return { entities, rounds: random() < 0.3 ? 1 : 0, unlocks: random() < 0.5 };
}
