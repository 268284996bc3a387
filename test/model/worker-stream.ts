import { type ClientReadableStream } from '@grpc/grpc-js';
import { type Response, type TaskHubClient } from '../../src/grpc/client.ts';
import { codec, type Message } from '../../src/protocol/codec.ts';
import { type ActivityRequest, type OrchestratorRequest } from '../../src/protocol/messages.ts';

type EntityRequest = Message<'EntityRequest'>;

export interface NamedVersions {
  readonly name: string;
  readonly versions: readonly string[];
}

export interface StreamFilters {
  readonly orchestrations: readonly NamedVersions[];
  readonly activities: readonly NamedVersions[];
  readonly entities: readonly string[];
}

export type WorkKind = 'orchestration' | 'activity' | 'entity';

/** A work item as it came. */
interface Received {
  readonly token: string;
  readonly stream: WorkerStream;
}
export type TurnItem = Received & { readonly kind: 'orchestration'; readonly request: OrchestratorRequest };
export type ActivityItem = Received & { readonly kind: 'activity'; readonly request: ActivityRequest };
export type BatchItem = Received & { readonly kind: 'entity'; readonly request: EntityRequest };
export type ReceivedItem = TurnItem | ActivityItem | BatchItem;

export interface StreamPlace {
  /** Unique in a run. */
  readonly id: number;
  readonly hubId: number;
  readonly replica: number;
  /** Null: takes everything. */
  readonly filters: StreamFilters | null;
  /** Items of a kind that it takes at a time; 0: it doesn't say. */
  readonly limit: number;
}

/** A worker's stream that hands on what comes. */
export class WorkerStream implements StreamPlace {
  readonly id: number;
  readonly hubId: number;
  readonly replica: number;
  readonly filters: StreamFilters | null;
  readonly limit: number;
  /** Resolves with the first health ping. */
  readonly opened: Promise<void>;
  readonly #stream: ClientReadableStream<Response<'GetWorkItems'>>;
  #isOpen = true;

  constructor(
    client: TaskHubClient,
    { id, hubId, replica, filters, limit }: StreamPlace,
    onItem: (item: ReceivedItem) => void,
  ) {
    this.id = id;
    this.hubId = hubId;
    this.replica = replica;
    this.filters = filters;
    this.limit = limit;
    const opened = Promise.withResolvers<undefined>();
    this.opened = opened.promise;
    this.#stream = client.stream('GetWorkItems', {
      maxConcurrentOrchestrationWorkItems: limit,
      maxConcurrentActivityWorkItems: limit,
      maxConcurrentEntityWorkItems: limit,
      workItemFilters: filters && requestOf(filters),
    });
    this.#stream.on('data', (received: Response<'GetWorkItems'>) => {
      opened.resolve(undefined);
      const item = this.#isOpen ? this.#read(received) : undefined;
      if (item) onItem(item);
    });
    this.#stream.on('error', (error) => {
      opened.reject(error);
    });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  accepts(kind: WorkKind, name: string, version: string | null): boolean {
    if (!this.filters) return true;
    if (kind === 'entity') return this.filters.entities.some((entry) => entry.toLowerCase() === name);
    const named = (kind === 'activity' ? this.filters.activities : this.filters.orchestrations).filter(
      (entry) => entry.name === name,
    );
    return named.some(({ versions }) => versions.length === 0 || versions.includes(version ?? ''));
  }

  close(): void {
    this.#isOpen = false;
    this.#stream.cancel();
  }

  #read(received: Response<'GetWorkItems'>) {
    const { completionToken: token, orchestratorRequest, activityRequest, entityRequestV2 } = received;
    if (activityRequest) return { kind: 'activity', token, stream: this, request: activityRequest } as const;
    if (entityRequestV2) {
      const request = codec.decode('EntityRequest', codec.encode('EntityRequest', entityRequestV2));
      return { kind: 'entity', token, stream: this, request } as const;
    }
    if (!orchestratorRequest) return undefined;
    // Once more through the codec, whose types say which case an event is.
    const bytes = codec.encode('OrchestratorRequest', orchestratorRequest);
    const request = codec.decode('OrchestratorRequest', bytes);
    return { kind: 'orchestration', token, stream: this, request } as const;
  }
}

function requestOf({ orchestrations, activities, entities }: StreamFilters) {
  const copy = (entries: readonly NamedVersions[]) =>
    entries.map(({ name, versions }) => ({ name, versions: [...versions] }));
  return {
    orchestrations: copy(orchestrations),
    activities: copy(activities),
    entities: entities.map((name) => ({ name })),
  };
}
