import { must } from '../../src/lib/assert.ts';
import { type Launched, launchServer } from '../replicas/launched.ts';
import { LoadWorker } from '../replicas/load-worker.ts';
import { RoundRobin } from '../replicas/round-robin.ts';
import { earlierMain } from './earlier.ts';
import { insist } from './insist.ts';
import { type Need } from './needs.ts';
import { addressOf, closePlace, livingIn, makePlace, type Place } from './place.ts';
import { Postgres } from './postgres.ts';

const HUB = 'orders';

/** Workers die and servers lose streams all the time: nothing healthy is given up for it, and nobody waits for them long. */
const settings = {
  PERDURA_TASK_HUBS: HUB,
  PERDURA_MAX_DELIVERY_ATTEMPTS: '8',
  PERDURA_STREAM_GRACE_SECONDS: '1',
};

/** PostgreSQL, servers that reach it through a proxy each, and a worker for each server. */
export class Rig implements AsyncDisposable {
  readonly postgres: Postgres;
  readonly places: readonly Place[];
  /** Those that live now, by the server whose stream they read. */
  readonly workers: LoadWorker[] = [];
  /** All that have ever been. */
  readonly everyWorker: LoadWorker[] = [];
  readonly #clients: RoundRobin[] = [];

  /** `needs`: what the faults take that not every run has. */
  static async start(servers: number, needs: ReadonlySet<Need>): Promise<Rig> {
    const postgres = await Postgres.start(needs.has('disk'));
    const numbers = Array.from({ length: servers }, (_, number) => number);
    const places = await Promise.all(numbers.map((number) => makePlace(number, postgres.url, needs)));
    const rig = new Rig(postgres, places);
    try {
      for (const place of rig.places) await rig.startServer(place);
    } catch (error) {
      await rig[Symbol.asyncDispose]();
      throw error;
    }
    for (const place of rig.places) rig.startWorker(place.number);
    return rig;
  }

  private constructor(postgres: Postgres, places: readonly Place[]) {
    this.postgres = postgres;
    this.places = places;
  }

  /** A client behind a balancer that knows all servers. */
  client(): RoundRobin {
    const client = new RoundRobin(
      this.places.map(({ front }) => front),
      HUB,
    );
    this.#clients.push(client);
    return client;
  }

  /** One that is going to die at a failpoint, perhaps before it answers; in the place of the one that runs there. */
  async startDoomed(place: Place, failpoints: string): Promise<void> {
    await livingIn(place).kill();
    place.isEarlier = false;
    const server = launch(place, { PERDURA_FAILPOINTS: failpoints });
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
      const server = launch(place);
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
  async failOver(to?: Parameters<Postgres['failOver']>[0]): Promise<void> {
    await this.postgres.failOver(to);
    this.#follow();
  }

  /** Resolves with what puts the backup in place of PostgreSQL. */
  async backUp(): Promise<() => Promise<void>> {
    const restore = await this.postgres.backUp();
    return async () => {
      await restore();
      this.#follow();
    };
  }

  #follow(): void {
    for (const { proxy } of this.places) {
      proxy.cut();
      proxy.retarget(this.postgres.url);
      proxy.restore();
    }
  }

  startWorker(number: number): void {
    const from = must(this.places[number], 'a place').front;
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
    await Promise.all(this.places.map(closePlace));
    await this.postgres[Symbol.asyncDispose]();
  }
}

function launch(place: Place, environment: Readonly<Record<string, string>> = {}): Launched {
  const { proxy, network, clock, lives, port, isEarlier } = place;
  const own = { PERDURA_GRPC_PORT: String(port), PERDURA_BIND_ADDRESS: addressOf(place) };
  const server = launchServer(
    proxy.url,
    { ...settings, ...own, ...clock?.env, ...environment },
    { main: isEarlier ? earlierMain() : undefined, by: network?.enter, isMeasured: true },
  );
  lives.push(server);
  return server;
}
