import { must } from '../lib/assert.ts';
import { codec } from '../protocol/codec.ts';
import { prefixed } from './answers.ts';
import { GrpcConnection } from './grpc-connection.ts';

export interface ConnectOptions {
  /** `host:port`. */
  readonly address: string;
  /** Connections, with one stream of work items each. */
  readonly streams: number;
  /** Work items of a kind that each stream takes at once. */
  readonly slots: number;
  /** Task hubs that the streams are spread over; one unless told. */
  readonly hubs?: number;
  readonly isSecure?: boolean;
  /** What every call shows. */
  readonly credential?: string;
}

interface Hears {
  readonly onItem: (connection: GrpcConnection, item: Buffer) => void;
  readonly onFailure: (error: Error) => void;
}

/** The worker's streams are in the first one. */
const [HUB, IDLE_HUB] = ['default', 'idle'];

/** The connections of a load worker: those with its streams, and as many in a task hub that has no worker. */
export class Connections {
  readonly #withStreams: GrpcConnection[] = [];
  readonly #idle: GrpcConnection[] = [];
  #turn = 0;

  /** Resolves when every stream has brought its first message, the ping that says that it is open. */
  async open(
    { streams, slots, hubs = 1, ...destination }: ConnectOptions,
    { onItem, onFailure }: Hears,
  ): Promise<void> {
    const request = codec.encode('GetWorkItemsRequest', {
      maxConcurrentOrchestrationWorkItems: slots,
      maxConcurrentActivityWorkItems: slots,
      maxConcurrentEntityWorkItems: slots,
    });
    for (let count = 0; count < streams; count++) {
      const hub = count % hubs === 0 ? HUB : `bench-${count % hubs}`;
      const connection = await GrpcConnection.open({ ...destination, hub }, onFailure);
      this.#withStreams.push(connection);
      await new Promise<void>((opened) => {
        connection.openStream('GetWorkItems', prefixed(request), (item) => {
          opened();
          onItem(connection, item);
        });
      });
    }
    // Afterwards: a server of several processes hands out connections in turn, and each is to have as many of a kind.
    for (let count = 0; count < streams; count++) {
      this.#idle.push(await GrpcConnection.open({ ...destination, hub: IDLE_HUB }, onFailure));
    }
  }

  /** Of those with streams always the same one for an id that ends in a number: the task hub is the same, too. */
  of(id: string): GrpcConnection {
    const number = Number(id.slice(id.lastIndexOf('-') + 1));
    return must(this.#withStreams[number % this.#withStreams.length], 'a connection');
  }

  /** One of those with streams; they take turns, like the others. */
  next(): GrpcConnection {
    return this.#inTurn(this.#withStreams);
  }

  nextIdle(): GrpcConnection {
    return this.#inTurn(this.#idle);
  }

  #inTurn(from: readonly GrpcConnection[]): GrpcConnection {
    return must(from[++this.#turn % from.length], 'a connection');
  }
}
