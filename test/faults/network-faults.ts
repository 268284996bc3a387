import { must } from '../../src/lib/assert.ts';
import { type Role } from '../replicas/postgres-proxy.ts';
import { type Weather } from '../replicas/weather.ts';
import { type Fault } from './fault.ts';
import { nameOf, type Place } from './place.ts';
import { type Random } from './random.ts';

// What networks do: between a server and PostgreSQL, and between a server and its clients and workers.

const everyRole: readonly Role[] = ['lane', 'session', 'listener', 'reads'];

const slowly = (random: Random): [string, Weather] => {
  const most = random.between(20, 200);
  return [`up to ${most} ms for`, { delayMs: () => random.between(0, most) }];
};
const inPieces = (random: Random): [string, Weather] => [
  'for',
  { delayMs: () => 0, packetBytes: () => random.between(1, 10) },
];

export const networkFaults: readonly Fault[] = [
  {
    name: 'cut-commits',
    lastsMs: [5, 400],
    inject(rig, random) {
      const place = random.pick(rig.places);
      place.proxy.mute('lane');
      return {
        what: `of ${nameOf(place)}`,
        heal: () => {
          breakOff(place);
        },
      };
    },
  },
  {
    name: 'half-open',
    lastsMs: [3_000, 12_000],
    inject(rig, random) {
      const place = random.pick(rig.places);
      const roles = random.pick<readonly Role[]>([['listener'], ['lane'], ['session'], ['reads'], everyRole]);
      place.proxy.deafen(...roles);
      place.proxy.mute(...roles);
      return {
        what: `${roles.join(' and ')} of ${nameOf(place)}`,
        heal: () => {
          breakOff(place);
        },
      };
    },
  },
  {
    name: 'half-open-clients',
    lastsMs: [2_000, 12_000],
    inject(rig, random) {
      const place = random.pick(rig.places);
      place.front.isSilent = true;
      return {
        what: `of ${nameOf(place)}`,
        heal: () => {
          place.front.isSilent = false;
          place.front.reset();
        },
      };
    },
  },
  {
    name: 'reset-clients',
    lastsMs: [0, 0],
    inject(rig, random) {
      const place = random.pick(rig.places);
      place.front.reset();
      return { what: `of ${nameOf(place)}`, heal: () => undefined };
    },
  },
  weatherOf('slow-network', ({ proxy }) => proxy, slowly),
  weatherOf('tiny-packets', ({ proxy }) => proxy, inPieces),
  weatherOf('slow-clients', ({ front }) => front, slowly),
  weatherOf('tiny-client-packets', ({ front }) => front, inPieces),
  {
    // Beyond a server's lease, 15 s, or not.
    name: 'drop-packets',
    needs: 'networks',
    lastsMs: [2_000, 20_000],
    inject(rig, random) {
      const place = random.pick(rig.places);
      const network = must(place.network, 'a network of its own');
      const { database, clients } = network;
      const [whose, links] = random.pick([
        ['PostgreSQL', [database]],
        ['its clients', [clients]],
        ['everybody', [database, clients]],
      ] as const);
      for (const link of links) network.cut(link);
      return {
        what: `between ${nameOf(place)} and ${whose}`,
        heal: () => {
          for (const link of links) network.restore(link);
        },
      };
    },
  },
];

function weatherOf(
  name: string,
  wayOf: (place: Place) => { weather: Weather | undefined },
  draw: (random: Random) => readonly [what: string, weather: Weather],
): Fault {
  return {
    name,
    lastsMs: [2_000, 8_000],
    inject(rig, random) {
      const place = random.pick(rig.places);
      const [what, weather] = draw(random);
      const way = wayOf(place);
      way.weather = weather;
      return {
        what: `${what} ${nameOf(place)}`,
        heal: () => {
          way.weather = undefined;
        },
      };
    },
  };
}

function breakOff({ proxy }: Place): void {
  proxy.cut();
  proxy.restore();
}
