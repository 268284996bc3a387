import { must } from '../../src/lib/assert.ts';
import { type Launched, launchServer } from '../replicas/launched.ts';
import { LoadWorker } from '../replicas/load-worker.ts';
import { PostgresProxy } from '../replicas/postgres-proxy.ts';
import { RoundRobin } from '../replicas/round-robin.ts';
import { earlierMain } from './earlier.ts';
import { insist } from './insist.ts';
import { Postgres } from './postgres.ts';

const HUB = 'orders';

/** Workers die and servers lose streams all the time: nothing is given up for it, and nobody waits for them long. */
const settings = {
  PERDURA_TASK_HUBS: HUB,
  PERDURA_MAX_DELIVERY_ATTEMPTS: '1000',
  PERDURA_STREAM_GRACE_SECONDS: '1',
};

/** The place of a server: its port and its way to PostgreSQL stay the same, whoever lives there. */
export interface Place {
  readonly number: number;
  readonly proxy: PostgresProxy;
  /** All that have lived there; the last one is there now, unless it was killed. */
  readonly lives: Launched[];
  port: number;
  /** An earlier version runs there. */
  isEarlier: boolean;
  /** Somebody starts a server there. */
  starting: Promise<void> | undefined;
}

/** PostgreSQL, servers that reach it through a proxy each, and a worker for each server. */
export class Rig implements AsyncDisposable {
  readonly postgres: Postgres;
  readonly places: readonly Place[];
  /** Those that live now, by the server whose stream they read. */
  readonly workers: LoadWorker[] = [];
  /** All that have ever been. */
  readonly everyWorker: LoadWorker[] = [];
  readonly #clients: RoundRobin[] = [];

  /** `hasOwnDisk`: PostgreSQL's disk can be filled. */
  static async start(servers: number, hasOwnDisk: boolean): Promise<Rig> {
    const postgres = await Postgres.start(hasOwnDisk);
    const proxies = await Promise.all(
      Array.from({ length: servers }, () => PostgresProxy.start(postgres.url)),
    );
    const rig = new Rig(postgres, proxies);
    try {
      for (const place of rig.places) await rig.startServer(place);
    } catch (error) {
      await rig[Symbol.asyncDispose]();
      throw error;
    }
    for (const place of rig.places) rig.startWorker(place.number);
    return rig;
  }

  private constructor(postgres: Postgres, proxies: readonly PostgresProxy[]) {
    this.postgres = postgres;
    this.places = proxies.map((proxy, number) => ({
      number,
      proxy,
      lives: [],
      port: 0,
      isEarlier: false,
      starting: undefined,
    }));
  }

  /** A client behind a balancer that knows all servers. */
  client(): RoundRobin {
    const client = new RoundRobin(this.places.map(endpointOf), HUB);
    this.#clients.push(client);
    return client;
  }

  /** One that is going to die at a failpoint, perhaps before it answers; in the place of the one that runs there. */
  async startDoomed(place: Place, failpoints: string): Promise<void> {
    await livingIn(place).kill();
    place.isEarlier = false;
    const env = { ...settings, PERDURA_GRPC_PORT: String(place.port), PERDURA_FAILPOINTS: failpoints };
    const server = launchServer(place.proxy.url, env);
    place.lives.push(server);
    await server.ready.catch(() => {
      // One that finds no database says so and ends: it was never there.
      const isHomeless = server.complaints.some((text) => text.includes("the database can't be reached"));
      if (isHomeless) place.lives.splice(place.lives.indexOf(server), 1);
    });
  }

  /** Resolves when one answers there. Does nothing where one runs. */
  async startServer(place: Place): Promise<void> {
    if (!place.starting && place.lives.at(-1)?.isRunning()) return;
    place.starting ??= this.#start(place).finally(() => (place.starting = undefined));
    await place.starting;
  }

  /** One that gives up because it finds no database is started again. */
  async #start(place: Place): Promise<void> {
    place.port = await insist(async () => {
      const port = String(place.port);
      const env = { ...settings, PERDURA_GRPC_PORT: port };
      const server = launchServer(place.proxy.url, env, place.isEarlier ? earlierMain() : undefined);
      place.lives.push(server);
      try {
        return await server.ready;
      } catch (error) {
        place.lives.splice(place.lives.indexOf(server), 1);
        throw error;
      }
    });
  }

  async startPostgres(): Promise<void> {
    await this.postgres.restart();
    for (const { proxy } of this.places) proxy.retarget(this.postgres.url);
  }

  /** Another PostgreSQL takes over where the servers look for the old one. */
  async failOver(): Promise<void> {
    await this.postgres.failOver();
    for (const { proxy } of this.places) {
      proxy.cut();
      proxy.retarget(this.postgres.url);
      proxy.restore();
    }
  }

  startWorker(number: number): void {
    const from = endpointOf(must(this.places[number], 'a place'));
    const worker = new LoadWorker({ from, otherwise: this.client(), hub: HUB });
    this.workers[number] = worker;
    this.everyWorker.push(worker);
  }

  /** Nobody ever answers what it has. */
  killWorker(number: number): void {
    must(this.workers[number], 'a worker').close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.everyWorker) worker.close();
    for (const client of this.#clients) client.close();
    for (const { lives } of this.places) await Promise.all(lives.map(({ kill }) => kill()));
    for (const { proxy } of this.places) proxy.close();
    await this.postgres[Symbol.asyncDispose]();
  }
}

export function livingIn({ lives }: Place): Launched {
  return must(lives.at(-1), 'a server');
}

function endpointOf({ port }: Place): { endpoint: string } {
  return { endpoint: `127.0.0.1:${port}` };
}
