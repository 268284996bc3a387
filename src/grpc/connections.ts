/** A TCP connection that calls came on. */
interface Connection {
  readonly peer: string;
  streams: number;
}

/**
 * Tells which streams share a connection: a worker's peer address is one connection for as long as a stream on it
 * lives. gRPC's calls show no more of it.
 */
export class Connections {
  readonly #byPeer = new Map<string, Connection>();

  /** The connection of a new stream: the same object for all that live on it. */
  enter(peer: string): Connection {
    const connection = this.#byPeer.get(peer) ?? { peer, streams: 0 };
    connection.streams++;
    this.#byPeer.set(peer, connection);
    return connection;
  }

  /** The connection of a call on which a stream lives. */
  of(peer: string): object | undefined {
    return this.#byPeer.get(peer);
  }

  leave(connection: Connection): void {
    connection.streams--;
    if (connection.streams === 0) this.#byPeer.delete(connection.peer);
  }
}
