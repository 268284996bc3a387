import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type Weather, Way } from '../replicas/weather.ts';

interface Target {
  readonly host: string;
  readonly port: number;
}

/** The way of clients and workers to one server, which stays where it is whoever lives there. */
export class Front {
  /** How bytes travel; unset, at once and as they are. */
  weather: Weather | undefined;
  /** Bytes vanish in both directions, also those of new connections; nobody is told. */
  isSilent = false;
  readonly #server: Server;
  readonly #target: () => Target;
  readonly #sockets = new Set<Socket>();

  static async start(target: () => Target): Promise<Front> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Front(server, target);
  }

  private constructor(server: Server, target: () => Target) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (client) => {
      this.#connect(client);
    });
  }

  /** `host:port` for clients. */
  get endpoint(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Both ends of every connection are told at once, whatever is still on its way to them. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #connect(client: Socket): void {
    const upstream = connect(this.#target());
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      const way = new Way(to, () => this.weather);
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => undefined);
      from.on('data', (bytes) => {
        if (!this.isSilent) way.send(bytes);
      });
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
