import { type TestHub } from '../helpers/client.ts';
import { type InProcess, test as replicaTest } from './replicas.ts';

/** A sweep comes every two seconds and takes a bell for unheard when it has rung for two. */
export const WITHIN_MS = 8_000;

/** How long something took. */
export async function timed(work: Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work;
  return performance.now() - startedMs;
}

/** Two replicas between which all hints are lost; calls come in at `far`. */
export const test = replicaTest.extend<{ near: InProcess; far: InProcess; hub: TestHub }>({
  near: async ({ replica, proxy }, use) => {
    const through = await proxy();
    through.dropsHints = true;
    await use(await replica({ through }));
  },
  far: async ({ replica, proxy }, use) => {
    const through = await proxy();
    through.dropsHints = true;
    await use(await replica({ through }));
  },
  hub: async ({ far, at }, use) => {
    await use(at(far));
  },
});
