import { type Pool } from 'pg';
import { FalseClock } from '../helpers/false-clock.ts';
import { allEnded, faultsOf, readAll } from './check.ts';
import { Load, planLoad } from './load.ts';
import { expect, faultsIn, test } from './replicas.ts';

/** What a replica says of now may be off by the way to the database and back. */
const CLOCK_MS = 2_000;
const ORCHESTRATIONS = 60;

/** Every moment that the database holds of orchestrations, in milliseconds. */
async function moments(db: Pool): Promise<number[]> {
  const { rows } = await db.query<{ created: number; completed: number }>(
    `select extract(epoch from created_at)::float8 * 1000 as created,
            extract(epoch from completed_at)::float8 * 1000 as completed
       from instances`,
  );
  const events = [...(await readAll(db)).values()].flatMap((recorded) => recorded.events);
  return [
    ...rows.flatMap(({ created, completed }) => [created, completed]),
    ...events.map(({ timestamp }) => Number(timestamp?.seconds) * 1000 + Number(timestamp?.nanos) / 1e6),
  ];
}

test.for([
  { minutes: 5, side: 'ahead' },
  { minutes: -5, side: 'behind' },
])(
  'of which one is minutes $side, and jumps to the other side, go by the time of the database',
  async ({ minutes }, { spawned, roundRobin, worker, db }) => {
    const clock = new FalseClock();
    const begin = Date.now();
    try {
      clock.set(minutes * 60);
      const [right, wrong] = [await spawned(), await spawned({ clock })];
      const [first] = wrong.log;
      expect(Date.parse(first?.time ?? '') - begin).toBeCloseTo(minutes * 60_000, -5);
      for (const from of [right, wrong]) worker({ from });
      const loads = [0, 1].map((half) => planLoad(ORCHESTRATIONS).filter((_, i) => i % 2 === half));
      const [before, after] = loads.map((planned) => new Load(roundRobin(right, wrong), planned));
      await before?.put();
      clock.set(-minutes * 60);
      await after?.put();
      await allEnded(db, ORCHESTRATIONS, 30_000);
      const planned = loads.flat();
      const sent = new Map([...(before?.sent ?? []), ...(after?.sent ?? [])]);
      expect(await faultsOf(db, { planned, sent })).toEqual([]);
      expect([...faultsIn(right), ...faultsIn(wrong)]).toEqual([]);
      const all = await moments(db);
      expect(Math.min(...all)).toBeGreaterThan(begin - CLOCK_MS);
      expect(Math.max(...all)).toBeLessThan(Date.now() + CLOCK_MS);
    } finally {
      clock.remove();
    }
  },
);
