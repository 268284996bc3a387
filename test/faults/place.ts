import { must } from '../../src/lib/assert.ts';
import { FalseClock } from '../helpers/false-clock.ts';
import { type Launched } from '../replicas/launched.ts';
import { PostgresProxy } from '../replicas/postgres-proxy.ts';
import { Front } from './front.ts';
import { type Need } from './needs.ts';
import { Network } from './network.ts';

/** The place of a server: the ways to it and from it stay the same, whoever lives there. */
export interface Place {
  readonly number: number;
  /** From the server to PostgreSQL. */
  readonly proxy: PostgresProxy;
  /** From clients and workers to the server. */
  readonly front: Front;
  /** Around the server. */
  readonly network: Network | undefined;
  /** Its calendar. */
  readonly clock: FalseClock | undefined;
  /** All that have lived there; the last one is there now, unless it was killed. */
  readonly lives: Launched[];
  port: number;
  /** An earlier version runs there. */
  isEarlier: boolean;
  /** Somebody starts a server there. */
  starting: Promise<void> | undefined;
}

export async function makePlace(
  number: number,
  databaseUrl: string,
  needs: ReadonlySet<Need>,
): Promise<Place> {
  const network = needs.has('networks') ? await Network.start(number) : undefined;
  const place: Place = {
    ...{ number, network, lives: [], port: 0, isEarlier: false, starting: undefined },
    proxy: await PostgresProxy.start(databaseUrl, network?.database.outside),
    front: await Front.start(() => ({ host: addressOf(place), port: place.port })),
    clock: needs.has('clocks') ? new FalseClock() : undefined,
  };
  return place;
}

/** Where its server listens. */
export function addressOf({ network }: Place): string {
  return network?.clients.inside ?? '127.0.0.1';
}

export function livingIn({ lives }: Place): Launched {
  return must(lives.at(-1), 'a server');
}

export function nameOf({ number }: Place): string {
  return `server ${number}`;
}

export async function closePlace({ lives, proxy, front, network, clock }: Place): Promise<void> {
  await Promise.all(lives.map(({ kill }) => kill()));
  proxy.close();
  front.close();
  network?.close();
  clock?.remove();
}
