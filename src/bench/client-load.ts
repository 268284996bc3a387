import { Times } from './times.ts';

/** Sends one call, the so many-th; `onOk` when it was acknowledged. */
export type Send = (number: number, onOk: () => void) => void;

/** Calls of clients: so many at once, each followed by the next one. */
export class ClientLoad {
  /** From sending to the acknowledgement. */
  readonly times = new Times();
  /** Since the beginning, over all loads. */
  sent = 0;
  acknowledged = 0;
  #isRunning = false;

  /** Calls that were not acknowledged yet. */
  get open(): number {
    return this.sent - this.acknowledged;
  }

  start(send: Send, concurrency: number): void {
    this.#isRunning = true;
    const next = (): void => {
      const begin = performance.now();
      send(++this.sent, () => {
        this.acknowledged++;
        this.times.add(performance.now() - begin);
        if (this.#isRunning) next();
      });
    };
    for (let count = 0; count < concurrency; count++) next();
  }

  /** What was sent is still to be acknowledged. */
  stop(): void {
    this.#isRunning = false;
  }
}
