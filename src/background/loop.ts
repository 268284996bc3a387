/** Our own periodic work. `once` returns how many things it handled; more than none runs it again at once. */
export interface Loop {
  readonly name: string;
  readonly everyMs: number;
  readonly once: () => Promise<number>;
}

export interface RunningLoop {
  /** Runs it now (once more, if it is running). */
  wake(): void;
  /** Ends it; resolves when the current run is over. */
  stop(): Promise<void>;
}

/** Failures in a row double the pause, up to this. */
const LONGEST_PAUSE_MS = 2_000;

/** Runs a loop until it is stopped: one run at a time, a pause with jitter after an error. */
export function runLoop(loop: Loop, onError: (loop: string, error: unknown) => void): RunningLoop {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isWoken = false;
  let isStopped = false;
  let failures = 0;

  const schedule = (ms: number): void => {
    clearTimeout(timer);
    if (!isStopped) timer = setTimeout(start, ms).unref();
  };
  const runOnce = async (): Promise<number> => {
    try {
      const handled = await loop.once();
      failures = 0;
      return handled > 0 ? 0 : loop.everyMs;
    } catch (error) {
      if (!isStopped) onError(loop.name, error);
      failures++;
      return Math.min(LONGEST_PAUSE_MS, 100 * 2 ** failures) * (0.5 + Math.random());
    }
  };
  const takeWoken = (): boolean => {
    const wasWoken = isWoken;
    isWoken = false;
    return wasWoken;
  };
  const run = async (): Promise<void> => {
    takeWoken();
    const pauseMs = await runOnce();
    running = undefined;
    schedule(takeWoken() && failures === 0 ? 0 : pauseMs);
  };
  const start = (): void => {
    if (running || isStopped) return;
    clearTimeout(timer);
    running = run();
  };
  schedule(0);
  return {
    wake() {
      isWoken = true;
      start();
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
