import { fuzzSeed } from '../helpers/fuzz.ts';
import { faultsOf } from './check.ts';
import { draw } from './drawn.ts';
import { randomFrom } from './entity-worker.ts';
import { Load } from './load.ts';
import { count, expect, test, until } from './replicas.ts';

const PROGRAMS = 60;

test('programs drawn from a grammar end at two replicas as an interpreter of the grammar says', async ({
  replica,
  roundRobin,
  worker,
  db,
}) => {
  const replicas = [await replica(), await replica()];
  for (const one of replicas) worker({ from: one });
  const random = randomFrom(fuzzSeed);
  const planned = Array.from({ length: PROGRAMS }, (_, i) => draw(`drawn-${i}`, random));
  const load = new Load(roundRobin(...replicas), planned);
  await load.put();
  const running = 'instances where kind = 0 and completed_at is null';
  await until(async () => (await count(db, running)) === 0, 'the end of all', 30_000);
  expect(await faultsOf(db, load)).toEqual([]);
});
