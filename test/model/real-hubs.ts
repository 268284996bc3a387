import { status } from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Request, type Response, TaskHubClient, type UnaryName } from '../../src/grpc/client.ts';
import { must } from '../../src/lib/assert.ts';
import { codec } from '../../src/protocol/codec.ts';
import { type AnyHistoryEvent, type OrchestrationState } from '../../src/protocol/messages.ts';
import { PATIENCE_MS } from '../helpers/scripted-worker.ts';
import { type TestServer } from '../helpers/server.ts';
import { type DatabaseReader, type DatabaseRows } from './database-reader.ts';
import { type ShownEntity } from './entity-effects.ts';
import { same } from './mismatch.ts';
import { type ReceivedItem, type StreamPlace, WorkerStream } from './worker-stream.ts';

/** What the test talks to; made once. */
export interface Servers {
  readonly replicas: readonly TestServer[];
  readonly reader: DatabaseReader;
}

interface Hub {
  readonly id: number;
  readonly name: string;
  /** One for each replica. */
  readonly clients: readonly TaskHubClient[];
}

/** A call that waits for an instance. */
export interface Wait {
  readonly hubId: number;
  readonly id: string;
  readonly until: 'started' | 'completed';
  readonly ended: Promise<void>;
  readonly abort: AbortController;
  /** What it returned; undefined while it goes on. */
  state: OrchestrationState | null | undefined;
}

/** What a client is shown; of its time, that there is one. */
export function shownOf(entity: NonNullable<Response<'GetEntity'>['entity']>): ShownEntity {
  const { instanceId, backlogQueueSize: backlog, lockedBy, serializedState, lastModifiedTime } = entity;
  same(`whether '${instanceId}' has a time`, lastModifiedTime !== null, true);
  return { instanceId, backlog, lockedBy: lockedBy?.value ?? null, state: serializedState?.value ?? null };
}

/** Two new task hubs on the real servers, with their clients and workers. */
export class RealHubs {
  readonly #reader: DatabaseReader;
  readonly #hubs: readonly Hub[];
  readonly #streams: WorkerStream[] = [];
  #wake: () => void = () => undefined;
  /** What came to workers and was not accounted for yet. */
  items: readonly ReceivedItem[] = [];
  waits: readonly Wait[] = [];

  private constructor(reader: DatabaseReader, hubs: readonly Hub[]) {
    this.#reader = reader;
    this.#hubs = hubs;
  }

  static async open({ replicas, reader }: Servers): Promise<RealHubs> {
    const run = randomUUID().slice(0, 8);
    const hubs: Hub[] = [];
    for (const n of [0, 1]) {
      const hub = `model-${run}-${n}`;
      const clients = replicas.map(({ endpoint: address }) => new TaskHubClient({ address, hub }));
      for (const client of clients) await client.call('Hello', {});
      hubs.push({ id: await reader.hubId(hub), name: hub, clients });
    }
    return new RealHubs(reader, hubs);
  }

  close(): void {
    for (const stream of this.#streams) stream.close();
    for (const { abort } of this.waits) abort.abort();
    for (const { clients } of this.#hubs) for (const client of clients) client.close();
  }

  hubId(hub: number): number {
    return must(this.#hubs[hub], 'a hub').id;
  }

  get hubNames(): readonly string[] {
    return this.#hubs.map(({ name }) => name);
  }

  get streams(): readonly WorkerStream[] {
    return this.#streams;
  }

  openStreams(hub: number): WorkerStream[] {
    return this.#streams.filter((stream) => stream.isOpen && stream.hubId === this.hubId(hub));
  }

  rows(): Promise<DatabaseRows> {
    return this.#reader.read(this.#hubs.map(({ id }) => id));
  }

  /** Resolves when something has come to a worker, or after a moment. */
  async changed(forMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#wake = () => {
      resolve(undefined);
    };
    await Promise.race([promise, pause(forMs)]);
  }

  async call<Name extends UnaryName>(
    hub: number,
    replica: number,
    rpc: Name,
    request: Request<Name>,
  ): Promise<{ code: string; response?: Response<Name> }> {
    try {
      const response = await this.#client(hub, replica).call(rpc, request, { timeoutMs: PATIENCE_MS });
      return { code: 'ok', response };
    } catch (error) {
      const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
      if (typeof code !== 'number') throw error;
      return { code: must(status[code], 'the name of a status').toLowerCase() };
    }
  }

  async find(
    hub: number,
    replica: number,
    instanceId: string,
    getInputsAndOutputs: boolean,
  ): Promise<OrchestrationState | null> {
    const request = { instanceId, getInputsAndOutputs };
    const { exists, orchestrationState } = await this.#client(hub, replica).call('GetInstance', request, {
      timeoutMs: PATIENCE_MS,
    });
    same(`whether '${instanceId}' exists`, exists, orchestrationState !== null);
    return orchestrationState;
  }

  /** Null: there is none. */
  async findEntity(hub: number, replica: number, instanceId: string): Promise<ShownEntity | null> {
    const { exists, entity } = await this.#client(hub, replica).call(
      'GetEntity',
      { instanceId, includeState: true },
      { timeoutMs: PATIENCE_MS },
    );
    same(`whether '${instanceId}' exists`, exists, entity !== null);
    return entity && shownOf(entity);
  }

  /** All events, of however many chunks. */
  async readHistory(
    hub: number,
    replica: number,
    request: Request<'StreamInstanceHistory'>,
  ): Promise<AnyHistoryEvent[]> {
    const events: AnyHistoryEvent[] = [];
    const chunks = this.#client(hub, replica).stream('StreamInstanceHistory', request);
    // Once more through the codec, whose types say which case an event is.
    for await (const chunk of chunks as AsyncIterable<Response<'StreamInstanceHistory'>>) {
      events.push(...chunk.events.map((event) => codec.decodeEvent(codec.encodeEvent(event))));
    }
    return events;
  }

  async open(
    hub: number,
    { replica, filters, limit }: Pick<StreamPlace, 'replica' | 'filters' | 'limit'>,
  ): Promise<void> {
    const place = { id: this.#streams.length, hubId: this.hubId(hub), replica, filters, limit };
    const stream = new WorkerStream(this.#client(hub, replica), place, (item) => {
      this.items = [...this.items, item];
      this.#wake();
    });
    this.#streams.push(stream);
    await stream.opened;
  }

  wait({ hub, replica, id, until }: { hub: number; replica: number } & Pick<Wait, 'id' | 'until'>): void {
    const abort = new AbortController();
    const rpc = until === 'started' ? 'WaitForInstanceStart' : 'WaitForInstanceCompletion';
    const request = { instanceId: id, getInputsAndOutputs: true };
    const wait: Wait = {
      ...{ hubId: this.hubId(hub), id, until, abort, state: undefined },
      ended: this.#client(hub, replica)
        .call(rpc, request, { signal: abort.signal })
        .then(({ orchestrationState }) => {
          wait.state = orchestrationState;
        })
        .catch((error: unknown) => {
          if (!abort.signal.aborted) throw error;
        }),
    };
    this.waits = [...this.waits, wait];
  }

  #client(hub: number, replica: number): TaskHubClient {
    return must(must(this.#hubs[hub], 'a hub').clients[replica], 'a replica');
  }
}
