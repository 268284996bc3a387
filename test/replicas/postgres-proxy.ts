import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { type Weather, Way } from './weather.ts';

/** What a replica uses a connection for, told from what it sends: reads, until it has said something else. */
export type Role = 'lane' | 'session' | 'listener' | 'reads';

/** Words that only connections of that role send. */
const signs: readonly (readonly [Role, string])[] = [
  ['listener', 'listen perdura'],
  ['session', 'update replicas'],
  ['lane', 'for key share'],
];

interface Connection {
  role: Role;
  readonly client: Socket;
  readonly upstream: Socket;
  /** Its requests are dropped. */
  isDeaf: boolean;
  /** Its answers are kept back. */
  isMute: boolean;
  kept: Buffer[];
  /** Server bytes that don't make a whole message yet. */
  rest: Buffer;
}

/**
 * A proxy between a replica and PostgreSQL that knows the connections apart. What it does not pass on is lost silently,
 * as in a network that swallows everything: nobody is told that a connection is broken.
 */
export class PostgresProxy {
  /** The database, through this proxy. */
  readonly url: string;
  /** Notifications are left out, everything else passes. */
  dropsHints = false;
  readonly #server;
  #target: URL;
  /** How bytes travel; unset, at once and as they are. */
  weather: Weather | undefined;
  readonly #connections = new Set<Connection>();
  #isRefusing = false;

  static async start(databaseUrl: string, address = '127.0.0.1'): Promise<PostgresProxy> {
    const server = createServer().listen(0, address);
    await once(server, 'listening');
    return new PostgresProxy(server, new URL(databaseUrl));
  }

  private constructor(server: ReturnType<typeof createServer>, target: URL) {
    this.#server = server;
    this.#target = target;
    const url = new URL(target);
    const { address, port } = server.address() as AddressInfo;
    url.host = `${address}:${port}`;
    this.url = url.href;
    server.on('connection', (client) => {
      if (this.#isRefusing) client.destroy();
      else this.#connect(client);
    });
  }

  /** The open connections of that role bring no answers from now on; requests still arrive. */
  mute(...roles: readonly Role[]): void {
    for (const connection of this.#connections) connection.isMute ||= roles.includes(connection.role);
  }

  /** The open connections of that role carry no requests from now on. */
  deafen(...roles: readonly Role[]): void {
    for (const connection of this.#connections) connection.isDeaf ||= roles.includes(connection.role);
  }

  /** Brings the answers that were kept back, and all that follow. */
  unmute(): void {
    for (const connection of this.#connections) {
      connection.isMute = false;
      for (const bytes of connection.kept.splice(0)) connection.client.write(bytes);
    }
  }

  /** Breaks every connection; new ones are refused until `restore`. */
  cut(): void {
    this.#isRefusing = true;
    for (const { client, upstream } of this.#connections) {
      client.destroy();
      upstream.destroy();
    }
  }

  /** PostgreSQL has moved: where new connections lead. */
  retarget(databaseUrl: string): void {
    this.#target = new URL(databaseUrl);
  }

  restore(): void {
    this.#isRefusing = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #connect(client: Socket): void {
    const upstream = connect(Number(this.#target.port), this.#target.hostname);
    const connection: Connection = {
      ...{ role: 'reads', client, upstream, isDeaf: false, isMute: false },
      ...{ kept: [], rest: Buffer.alloc(0) },
    };
    this.#connections.add(connection);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#connections.delete(connection);
        client.destroy();
        upstream.destroy();
      });
    }
    const weather = (): Weather | undefined => this.weather;
    const [there, back] = [new Way(upstream, weather), new Way(client, weather)];
    client.on('data', (bytes) => {
      recognise(connection, bytes);
      if (!connection.isDeaf) there.send(bytes);
    });
    upstream.on('data', (bytes) => {
      const passed = wholeMessages(connection, bytes, this.dropsHints);
      if (connection.isMute) connection.kept.push(passed);
      else back.send(passed);
    });
  }
}

function recognise(connection: Connection, bytes: Buffer): void {
  if (connection.role !== 'reads') return;
  const found = signs.find(([, sign]) => bytes.includes(sign));
  if (found) [connection.role] = found;
}

const NOTIFICATION = 'A'.charCodeAt(0);

/** A message is a letter, four bytes of length (themselves included) and what follows. */
function wholeMessages(connection: Connection, bytes: Buffer, withoutNotifications: boolean): Buffer {
  const all = connection.rest.length === 0 ? bytes : Buffer.concat([connection.rest, bytes]);
  const passed: Buffer[] = [];
  let at = 0;
  while (at + 5 <= all.length) {
    const end = at + 1 + all.readInt32BE(at + 1);
    if (end > all.length) break;
    if (!withoutNotifications || all[at] !== NOTIFICATION) passed.push(all.subarray(at, end));
    at = end;
  }
  connection.rest = Buffer.from(all.subarray(at));
  return Buffer.concat(passed);
}
