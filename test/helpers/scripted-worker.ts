import { type ClientReadableStream, type ServiceError } from '@grpc/grpc-js';
import { type Response, TaskHubClient } from '../../src/grpc/client.ts';
import { must } from '../../src/lib/assert.ts';
import { codec, type MessageInput } from '../../src/protocol/codec.ts';
import {
  type ActivityRequest,
  type AnyHistoryEvent,
  type OrchestratorRequest,
  type Timestamp,
} from '../../src/protocol/messages.ts';
import { type BatchItem, readBatch } from './entities.ts';

/** Longer than anything in these tests takes on a busy machine: whoever reaches it has failed. */
export const PATIENCE_MS = 10_000;

export type Action = MessageInput<'OrchestratorAction'>;

export interface TurnItem {
  readonly kind: 'orchestration';
  readonly token: string;
  readonly request: OrchestratorRequest;
  readonly instanceId: string;
  readonly executionId: string | undefined;
  /** Types of the new events. */
  readonly news: readonly (string | undefined)[];
}

export interface ActivityItem {
  readonly kind: 'activity';
  readonly token: string;
  readonly request: ActivityRequest;
}

interface PingItem {
  readonly kind: 'ping';
  readonly token: string;
}

type Item = TurnItem | ActivityItem | BatchItem | PingItem;
type Kind = Item['kind'];

export interface WorkerOptions {
  readonly request?: MessageInput<'GetWorkItemsRequest'>;
  readonly metadata?: Readonly<Record<string, string>>;
}

type Answer = Omit<MessageInput<'OrchestratorResponse'>, 'actions'>;

/** A worker without an SDK: takes work items one by one and answers what the test says. */
export class ScriptedWorker {
  readonly #client: TaskHubClient;
  readonly #stream: ClientReadableStream<Response<'GetWorkItems'>>;
  readonly #items: Item[] = [];
  readonly #ended = Promise.withResolvers<ServiceError | undefined>();
  /** Resolves when the server ends the stream, with its status unless that is OK. */
  readonly ended = this.#ended.promise;
  #wake: () => void = () => undefined;

  constructor(address: string, hub: string | undefined, { request = {}, metadata = {} }: WorkerOptions = {}) {
    this.#client = new TaskHubClient({ address, metadata, ...(hub === undefined ? {} : { hub }) });
    this.#stream = this.#client.stream('GetWorkItems', request);
    this.#stream.on('data', (item: Response<'GetWorkItems'>) => {
      this.#items.push(read(item));
      this.#wake();
    });
    this.#stream.on('error', (error: ServiceError) => {
      this.#ended.resolve(error);
    });
    this.#stream.on('end', () => {
      this.#ended.resolve(undefined);
    });
  }

  /** The oldest item of that kind that was not taken yet; waits for one. */
  async next<K extends Kind>(kind: K): Promise<Extract<Item, { kind: K }>> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const index = this.#items.findIndex((item) => item.kind === kind);
      const [found] = index < 0 ? [] : this.#items.splice(index, 1);
      if (isOf(kind, found)) return found;
      await this.#arrival(deadline, kind);
    }
  }

  /** The next turn. */
  turn(): Promise<TurnItem> {
    return this.next('orchestration');
  }

  activity(): Promise<ActivityItem> {
    return this.next('activity');
  }

  /** The next batch of an entity. */
  batch(): Promise<BatchItem> {
    return this.next('entity');
  }

  /** How many items of that kind have come and were not taken. */
  count(kind: Kind): number {
    return this.#items.filter((item) => item.kind === kind).length;
  }

  async #arrival(deadline: number, kind: Kind): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#wake = () => {
      resolve(true);
    };
    const timer = setTimeout(() => {
      resolve(false);
    }, deadline - Date.now());
    const ended = this.ended.then((error) => {
      throw new Error(`the stream ended before an item of the kind ${kind} came`, { cause: error });
    });
    const isInTime = await Promise.race([promise, ended]).finally(() => {
      clearTimeout(timer);
    });
    if (!isInTime) throw new Error(`no item of the kind ${kind} came in time`);
  }

  /** Answers a turn. */
  async answer(item: TurnItem, actions: readonly Action[], answer: Answer = {}): Promise<void> {
    await this.#client.call('CompleteOrchestratorTask', {
      instanceId: item.instanceId,
      completionToken: item.token,
      actions: [...actions],
      ...answer,
    });
  }

  /** Takes the next turn and answers it. */
  async play(actions: readonly Action[], answer: Answer = {}): Promise<TurnItem> {
    const item = await this.turn();
    await this.answer(item, actions, answer);
    return item;
  }

  async completeActivity(item: ActivityItem, answer: MessageInput<'ActivityResponse'> = {}): Promise<void> {
    await this.#client.call('CompleteActivityTask', {
      instanceId: must(item.request.orchestrationInstance, 'the instance of an activity').instanceId,
      taskId: item.request.taskId,
      completionToken: item.token,
      ...answer,
    });
  }

  /** Answers a batch. */
  async completeBatch({ token }: BatchItem, result: MessageInput<'EntityBatchResult'>): Promise<void> {
    await this.#client.call('CompleteEntityTask', { completionToken: token, ...result });
  }

  /** Takes the next batch; every operation succeeds, with that state in the end. */
  async playBatch(
    state: string | null,
    result: MessageInput<'EntityBatchResult'> = {},
    output: string | null = null,
  ): Promise<BatchItem> {
    const item = await this.batch();
    const success = { result: output === null ? null : { value: output } };
    await this.completeBatch(item, {
      results: item.operations.map(() => ({ success })),
      entityState: state === null ? null : { value: state },
      ...result,
    });
    return item;
  }

  async abandon({ kind, token }: TurnItem | ActivityItem | BatchItem): Promise<void> {
    await this.#client.call(abandonRpcs[kind], { completionToken: token });
  }

  /** Stops reading the stream, as a worker does that hangs. */
  pause(): void {
    this.#stream.pause();
  }

  /** Breaks the stream off, as a worker that dies does. Items can still be answered afterwards. */
  cancel(): void {
    this.#stream.cancel();
  }

  close(): void {
    this.cancel();
    this.#client.close();
  }
}

const abandonRpcs = {
  orchestration: 'AbandonTaskOrchestratorWorkItem',
  activity: 'AbandonTaskActivityWorkItem',
  entity: 'AbandonTaskEntityWorkItem',
} as const;

function isOf<K extends Kind>(kind: K, item: Item | undefined): item is Extract<Item, { kind: K }> {
  return item?.kind === kind;
}

function read(received: Response<'GetWorkItems'>): Item {
  const { completionToken: token, activityRequest, entityRequestV2 } = received;
  if (received.orchestratorRequest) {
    // Once more through the codec, whose types say which case an event is.
    const bytes = codec.encode('OrchestratorRequest', received.orchestratorRequest);
    const request = codec.decode('OrchestratorRequest', bytes);
    const { instanceId, executionId, newEvents } = request;
    const news = newEvents.map((event) => event.eventType);
    return { kind: 'orchestration', token, request, instanceId, executionId: executionId?.value, news };
  }
  if (entityRequestV2) return readBatch(token, entityRequestV2);
  return activityRequest ? { kind: 'activity', token, request: activityRequest } : { kind: 'ping', token };
}

/** The first event of that type among the new ones. */
export function eventOf<Type extends NonNullable<AnyHistoryEvent['eventType']>>(
  { request }: TurnItem,
  type: Type,
): Extract<AnyHistoryEvent, { eventType: Type }> {
  const isWanted = (event: AnyHistoryEvent): event is Extract<AnyHistoryEvent, { eventType: Type }> =>
    event.eventType === type;
  return must(request.newEvents.find(isWanted), `a new event ${type}`);
}

/** Names of the raised events among the new ones, in order. */
export function raisedIn({ request }: TurnItem): string[] {
  return request.newEvents.flatMap((event) =>
    event.eventType === 'eventRaised' ? [event.eventRaised.name] : [],
  );
}

// ── actions ──

export function scheduleTask(
  id: number,
  name: string,
  task: MessageInput<'ScheduleTaskAction'> = {},
): Action {
  return { id, scheduleTask: { name, ...task } };
}

export function createTimer(id: number, fireAt: Timestamp): Action {
  return { id, createTimer: { fireAt } };
}

export function createChild(id: number, child: MessageInput<'CreateSubOrchestrationAction'>): Action {
  return { id, createSubOrchestration: { name: 'Child', ...child } };
}

export function sendEvent(id: number, instanceId: string, name: string, data?: string): Action {
  return {
    id,
    sendEvent: { instance: { instanceId }, name, data: data === undefined ? null : { value: data } },
  };
}

export function complete(
  result?: string,
  completion: MessageInput<'CompleteOrchestrationAction'> = {},
): Action {
  const orchestrationStatus = 'ORCHESTRATION_STATUS_COMPLETED';
  return {
    id: 99,
    completeOrchestration: {
      orchestrationStatus,
      result: result === undefined ? null : { value: result },
      ...completion,
    },
  };
}

export function fail(failureDetails: MessageInput<'TaskFailureDetails'>): Action {
  return complete(undefined, { orchestrationStatus: 'ORCHESTRATION_STATUS_FAILED', failureDetails });
}

export function continueAsNew(
  input: string,
  completion: MessageInput<'CompleteOrchestrationAction'> = {},
): Action {
  return complete(input, {
    orchestrationStatus: 'ORCHESTRATION_STATUS_CONTINUED_AS_NEW',
    ...completion,
  });
}

/** A moment so many milliseconds from now. */
export function fromNow(ms: number): Timestamp {
  const at = Date.now() + ms;
  return { seconds: Math.floor(at / 1000), nanos: (((at % 1000) + 1000) % 1000) * 1e6 };
}
