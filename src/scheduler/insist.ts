import { setTimeout as pause } from 'node:timers/promises';
import { type Context } from './context.ts';

const AGAIN_MS = 1_000;

/**
 * Does what nobody else would do again, until it succeeds or this incarnation is over: then whoever frees what it owned
 * does it.
 */
export async function insist(
  { signal, log }: Pick<Context, 'signal' | 'log'>,
  task: string,
  work: () => Promise<unknown>,
): Promise<void> {
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    try {
      await work();
      return;
    } catch (error) {
      if (isOver()) return;
      log.error({ err: error, task }, 'background work failed; it will be tried again');
      await pause(AGAIN_MS, undefined, { ref: false, signal }).catch(() => undefined);
    }
  }
}
