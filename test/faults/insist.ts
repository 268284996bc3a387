import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 60_000;
const AGAIN_MS = 200;

/** Repeats it until it works, because something else may be in the way for a while. */
export async function insist<Result>(act: () => Promise<Result>): Promise<Result> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(AGAIN_MS);
    }
  }
}
