import { type Client } from 'pg';
import { must } from '../../src/lib/assert.ts';
import { failpointNames } from '../../src/lib/failpoints.ts';
import { clockMover } from '../helpers/false-clock.ts';
import { schema } from '../helpers/schema.ts';
import { type Fault } from './fault.ts';
import { networkFaults } from './network-faults.ts';
import { livingIn, nameOf } from './place.ts';
import { deadlyWork, poison } from './poison.ts';

/** Longer than a server's lease, 15 s, so that the others bury it. */
const ZOMBIE_MS = [16_500, 19_000] as const;

const [LEAST_OFF_S, MOST_OFF_S] = [2, 300];

export const faults: readonly Fault[] = [
  {
    name: 'kill-server',
    lastsMs: [0, 3_000],
    async inject(rig, random) {
      const place = random.pick(rig.places);
      await livingIn(place).kill();
      return { what: nameOf(place), heal: () => rig.startServer(place) };
    },
  },
  {
    name: 'failpoint',
    lastsMs: [1_000, 6_000],
    async inject(rig, random) {
      const place = random.pick(rig.places);
      const point = random.pick(failpointNames.filter((name) => name !== 'in-migration'));
      const failpoints = `${point}@${random.between(1, 100)}`;
      await rig.startDoomed(place, failpoints);
      const heal = async (): Promise<string> => {
        const { isRunning, kill } = livingIn(place);
        const ending = isRunning() ? 'it was not reached' : 'it was the end';
        await kill();
        await rig.startServer(place);
        return ending;
      };
      return { what: `${nameOf(place)} at ${failpoints}`, heal };
    },
  },
  {
    name: 'other-version',
    needs: 'earlier version',
    lastsMs: [0, 0],
    async inject(rig, random) {
      const place = random.pick(rig.places);
      await livingIn(place).kill();
      place.isEarlier = !place.isEarlier;
      await rig.startServer(place);
      return { what: `${place.isEarlier ? 'the earlier' : 'this'} one is ${nameOf(place)}`, heal: nothing };
    },
  },
  {
    name: 'freeze-server',
    lastsMs: ZOMBIE_MS,
    inject(rig, random) {
      const place = random.pick(rig.places);
      const { freeze, thaw } = livingIn(place);
      freeze();
      return { what: nameOf(place), heal: thaw };
    },
  },
  {
    name: 'move-clock',
    needs: 'clocks',
    lastsMs: [1_000, 8_000],
    inject(rig, random) {
      const place = random.pick(rig.places);
      const clock = must(place.clock, 'a clock of its own');
      const seconds = random.pick([-1, 1]) * random.between(LEAST_OFF_S, MOST_OFF_S);
      clock.set(seconds);
      return {
        what: `of ${nameOf(place)} by ${seconds} s, with ${clockMover}`,
        heal: () => {
          clock.set(0);
        },
      };
    },
  },
  stopOfPostgres('stop-postgres', 'SIGQUIT'),
  stopOfPostgres('kill-postgres', 'SIGKILL'),
  {
    name: 'fail-over',
    lastsMs: [0, 0],
    async inject(rig) {
      await rig.failOver();
      return { what: 'to a standby', heal: nothing };
    },
  },
  {
    name: 'restore-backup',
    lastsMs: [1_000, 5_000],
    async inject(rig) {
      const restore = await rig.backUp();
      return { what: 'one was made, then PostgreSQL works on', heal: restore };
    },
  },
  {
    name: 'end-connections',
    lastsMs: [0, 0],
    async inject({ postgres }) {
      await postgres.run(endOurConnections);
      return { what: 'of all servers', heal: nothing };
    },
  },
  {
    name: 'read-only',
    lastsMs: [500, 4_000],
    async inject({ postgres }) {
      await postgres.setReadOnly(true);
      return { what: 'database', heal: () => postgres.setReadOnly(false) };
    },
  },
  {
    name: 'full-disk',
    needs: 'disk',
    lastsMs: [500, 4_000],
    inject(rig) {
      const empty = rig.postgres.fillDisk();
      const heal = async (): Promise<string> => {
        empty();
        const ending = rig.postgres.isRunning ? 'PostgreSQL stayed up' : 'PostgreSQL went down';
        await rig.startPostgres();
        return ending;
      };
      return { what: 'of PostgreSQL', heal };
    },
  },
  {
    name: 'connection-squeeze',
    lastsMs: [1_000, 5_000],
    async inject({ postgres }) {
      await postgres.run(endOurConnections);
      const hogs = await connectAll(() => postgres.connectNow());
      const heal = async (): Promise<void> => {
        await Promise.all(hogs.map((hog) => hog.end()));
      };
      return { what: `by ${hogs.length} others`, heal };
    },
  },
  {
    name: 'lock-table',
    lastsMs: [1_000, 7_000],
    async inject({ postgres }, random) {
      const table = random.pick(['instances', 'inbox', 'timers', 'replicas']);
      const client = await postgres.connect();
      await client.query('begin');
      await client.query(`lock table ${schema}.${table} in access exclusive mode`);
      return { what: table, heal: () => client.end() };
    },
  },
  {
    name: 'vacuum',
    lastsMs: [2_000, 8_000],
    async inject({ postgres }) {
      const reader = await postgres.connect();
      await reader.query('begin isolation level repeatable read');
      await reader.query(`select count(*) from ${schema}.instances`);
      const cleaner = await postgres.connect();
      // It waits for the reader, and everybody else for it.
      const vacuum = cleaner
        .query('vacuum (full, freeze, analyze)')
        .then(
          () => 'it went through',
          () => 'it was cut off',
        )
        .finally(() => cleaner.end());
      const heal = async (): Promise<string> => {
        await reader.end();
        return vacuum;
      };
      return { what: 'of everything, beside a long transaction', heal };
    },
  },
  ...networkFaults,
  poison,
  deadlyWork,
  {
    name: 'kill-worker',
    lastsMs: [0, 3_000],
    inject(rig, random) {
      const { number } = random.pick(rig.places);
      rig.killWorker(number);
      return {
        what: `worker ${number}`,
        heal: () => {
          rig.startWorker(number);
        },
      };
    },
  },
];

const endOurConnections = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'perdura'`;
const nothing = (): void => undefined;

function stopOfPostgres(name: string, signal: 'SIGQUIT' | 'SIGKILL'): Fault {
  return {
    name,
    lastsMs: [0, 2_000],
    async inject(rig) {
      await rig.postgres.stop(signal);
      return { what: signal, heal: () => rig.startPostgres() };
    },
  };
}

/** As many as PostgreSQL lets in. */
async function connectAll(connect: () => Promise<Client>): Promise<Client[]> {
  const connected: Client[] = [];
  for (;;) {
    try {
      connected.push(await connect());
    } catch {
      return connected;
    }
  }
}
