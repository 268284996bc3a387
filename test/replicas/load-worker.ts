import { setTimeout as pause } from 'node:timers/promises';
import { type ServiceError, status } from '@grpc/grpc-js';
import { type Response, TaskHubClient, type Request, type UnaryName } from '../../src/grpc/client.ts';
import { codec, type MessageInput } from '../../src/protocol/codec.ts';
import { type ActivityRequest } from '../../src/protocol/generated/ActivityRequest.ts';
import { type ExecutionStartedEvent } from '../../src/protocol/generated/ExecutionStartedEvent.ts';
import { type OrchestratorRequest } from '../../src/protocol/generated/OrchestratorRequest.ts';
import { playDrawn } from './drawn.ts';
import { playSection, resultOf } from './entity-worker.ts';
import { DEADLY, isFailing, play, runStep } from './programs.ts';
import { readBatch } from '../helpers/entities.ts';
import { type RoundRobin } from './round-robin.ts';

type WorkItem = Response<'GetWorkItems'>;

export interface LoadWorkerOptions {
  /** The replica whose stream it reads. */
  readonly from: { readonly endpoint: string };
  /** Where answers go; to the same replica unless set. */
  readonly to?: RoundRobin;
  /** Where answers go that were not accepted there; to the same again unless set. */
  readonly otherwise?: RoundRobin;
  readonly hub: string;
  readonly request?: MessageInput<'GetWorkItemsRequest'>;
  /** What is waited for before a work item is answered: `id turn`, or `id task 1`. */
  readonly before?: (item: string) => Promise<unknown> | undefined;
}

/** Longer than a server needs to start over; a frozen one is given up. */
const ANSWER_TIMEOUT_MS = 20_000;
const AGAIN_MS = 100;

/**
 * A worker that lives on, whatever happens to servers: it opens its stream again when it broke, and repeats answers
 * that were not accepted.
 */
export class LoadWorker {
  readonly #options: LoadWorkerOptions;
  readonly #own: TaskHubClient;
  #stream: { cancel(): void } | undefined;
  #isClosed = false;
  #deaths = 0;
  /** How often the activity of an instance was run, by instance, task and input. */
  readonly runs = new Map<string, number>();
  /** Names of the statuses other than OK that answers got. */
  readonly refusals = new Set<string>();
  /** Names of the statuses that its streams ended with. */
  readonly streamEnds = new Set<string>();
  /** The last words that came with each of those statuses. */
  readonly words = new Map<string, string>();
  turns = 0;
  streams = 0;
  readonly #greeting = Promise.withResolvers<unknown>();
  /** Resolves when its first stream is open. */
  readonly greeted = this.#greeting.promise;

  constructor(options: LoadWorkerOptions) {
    this.#options = options;
    this.#own = new TaskHubClient({ address: options.from.endpoint, hub: options.hub });
    this.#open();
  }

  /** Stops, as a worker does that dies: what it has is never answered. */
  close(): void {
    this.#isClosed = true;
    this.#stream?.cancel();
    this.#own.close();
  }

  #open(): void {
    if (this.#isClosed) return;
    const { from, hub, request = {} } = this.#options;
    // A channel of its own: an old one would pause longer and longer before it connects again.
    const client = new TaskHubClient({ address: from.endpoint, hub });
    const stream = client.stream('GetWorkItems', request);
    this.#stream = stream;
    this.streams++;
    stream.on('data', (item: WorkItem) => void this.#work(item));
    stream.on('error', (error: ServiceError) => {
      this.#saw(this.streamEnds, error);
    });
    stream.on('close', () => {
      client.close();
      setTimeout(() => {
        this.#open();
      }, AGAIN_MS).unref();
    });
  }

  async #work(item: WorkItem): Promise<void> {
    const { completionToken, orchestratorRequest, activityRequest, entityRequestV2 } = item;
    if (orchestratorRequest) await this.#turn(orchestratorRequest, completionToken);
    else if (activityRequest) await this.#activity(activityRequest, completionToken);
    else if (entityRequestV2) {
      const { state, request } = readBatch(completionToken, entityRequestV2);
      const result = resultOf(state, request.operationRequests);
      await this.#answer('CompleteEntityTask', { completionToken, ...result }, this.#deaths);
    } else this.#greeting.resolve(undefined);
  }

  /** Once closed it has nothing to report: of calls that were under way then, a broken connection makes INTERNAL. */
  #saw(statuses: Set<string>, { code, details }: ServiceError): void {
    if (this.#isClosed) return;
    const name = status[code];
    statuses.add(name);
    this.words.set(name, details);
  }

  /** Nothing that it has is answered; another one takes its place. */
  #die(): void {
    this.#deaths++;
    this.#stream?.cancel();
  }

  async #turn(request: OrchestratorRequest, completionToken: string): Promise<void> {
    this.turns++;
    const { instanceId } = request;
    if (startOf(request)?.name === DEADLY) {
      this.#die();
      return;
    }
    const life = this.#deaths;
    await this.#options.before?.(`${instanceId} turn`);
    const answer = { instanceId, completionToken, actions: actionsFor(request) };
    await this.#answer('CompleteOrchestratorTask', answer, life);
  }

  async #activity(request: ActivityRequest, completionToken: string): Promise<void> {
    const { orchestrationInstance, taskId, name, input } = request;
    if (name === DEADLY) {
      this.#die();
      return;
    }
    const instanceId = orchestrationInstance?.instanceId ?? '';
    const run = `${instanceId} ${taskId} ${input?.value ?? ''}`;
    this.runs.set(run, (this.runs.get(run) ?? 0) + 1);
    const life = this.#deaths;
    await this.#options.before?.(`${instanceId} task ${taskId}`);
    const result = resultOfActivity(name, input?.value ?? '');
    await this.#answer('CompleteActivityTask', { instanceId, taskId, completionToken, ...result }, life);
  }

  async #answer<Name extends UnaryName>(name: Name, request: Request<Name>, life: number): Promise<void> {
    const { to: first = this.#own, otherwise = first } = this.#options;
    for (let to: typeof first = first; !this.#isClosed && life === this.#deaths; to = otherwise) {
      try {
        await to.call(name, request, { timeoutMs: ANSWER_TIMEOUT_MS });
        return;
      } catch (error) {
        this.#saw(this.refusals, error as ServiceError);
        await pause(AGAIN_MS);
      }
    }
  }
}

function actionsFor(request: OrchestratorRequest): MessageInput<'OrchestratorAction'>[] {
  const name = startOf(request)?.name;
  if (name === 'Drawn') return playDrawn(request);
  if (name !== 'Section') return [...play(request)];
  return playSection(codec.decode('OrchestratorRequest', codec.encode('OrchestratorRequest', request)));
}

function startOf({ pastEvents, newEvents }: OrchestratorRequest): ExecutionStartedEvent | undefined {
  const events = [...pastEvents, ...newEvents];
  return events.find((event) => event.executionStarted)?.executionStarted ?? undefined;
}

function resultOfActivity(name: string, input: string): MessageInput<'ActivityResponse'> {
  if (!isFailing(name, input)) return { result: { value: runStep(input) } };
  return { failureDetails: { errorType: 'Flaky', errorMessage: 'not this time' } };
}
