import { type Waiter, Waiters } from '../dispatch/waiters.ts';
import { SchedulerError } from '../domain/errors.ts';
import { type InstanceId } from '../domain/ids.ts';
import { type InstanceSnapshot, isTerminal } from '../domain/instance.ts';
import { limits } from '../domain/limits.ts';
import { type Store } from '../domain/store.ts';
import { type SentMessage } from '../domain/write.ts';

interface Waiting extends Waiter {
  readonly id: InstanceId;
  readonly withPayloads: boolean;
  /** Waits for an inbox row to be gone; otherwise for the instance. */
  readonly control: SentMessage | undefined;
  /** Told what the database says; true when the wait is over. */
  readonly see: (instance: InstanceSnapshot | undefined, isControlPending: boolean) => boolean;
}

export interface WaitOptions {
  readonly hubId: number;
  readonly id: InstanceId;
  readonly signal: AbortSignal;
}

/**
 * Waiting calls of one store. They outlive incarnations: a wait is only a wish to look again. Entries are registered
 * before the first look, so that no change falls in between.
 */
export class InstanceWaits {
  readonly #waiters = new Waiters<Waiting>();
  readonly #currentStore: () => Store | undefined;
  readonly #onError: (error: unknown) => void;
  #isLooking = false;
  #isAsked = false;

  constructor(currentStore: () => Store | undefined, onError: (error: unknown) => void) {
    this.#currentStore = currentStore;
    this.#onError = onError;
    this.#waiters.onWoken = () => {
      if (this.#isAsked) return;
      this.#isAsked = true;
      setImmediate(() => void this.look());
    };
  }

  get count(): number {
    return this.#waiters.count;
  }

  wake(instance: Waiter): void {
    this.#waiters.wake(instance);
  }

  /** The safety net for lost hints: everybody looks again. Returns how many. */
  wakeAll(): number {
    this.#waiters.wakeAll();
    return this.#waiters.count;
  }

  /** Resolves with the first snapshot that `isDone`; rejects `cancelled` when the signal aborts. */
  async forInstance(
    options: WaitOptions & { readonly withPayloads: boolean },
    isDone: (instance: InstanceSnapshot) => boolean,
  ): Promise<InstanceSnapshot> {
    return this.#wait(options, undefined, (instance, _, resolve: (value: InstanceSnapshot) => void) => {
      if (instance === undefined || !isDone(instance)) return false;
      resolve(instance);
      return true;
    });
  }

  /** Resolves when that life of an instance is over, whatever lives under its id then. */
  async forEnd(options: WaitOptions, key: number): Promise<void> {
    await this.#wait(
      { ...options, withPayloads: false },
      undefined,
      (instance, _, resolve: (value: true) => void) => {
        const isOver = instance?.key !== key || isTerminal(instance.status);
        if (isOver) resolve(true);
        return isOver;
      },
    );
  }

  /** Resolves when that control has been applied: its row is gone. */
  async forControl(options: WaitOptions, control: SentMessage): Promise<void> {
    await this.#wait(
      { ...options, withPayloads: false },
      control,
      (_, isPending, resolve: (value: true) => void) => {
        if (!isPending) resolve(true);
        return !isPending;
      },
    );
  }

  #wait<Value>(
    { hubId, id, signal, withPayloads }: WaitOptions & { readonly withPayloads: boolean },
    control: SentMessage | undefined,
    see: (
      instance: InstanceSnapshot | undefined,
      isPending: boolean,
      resolve: (value: Value) => void,
    ) => boolean,
  ): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      const entry: Waiting = {
        ...{ hubId, id, withPayloads, control },
        see: (instance, isPending) => see(instance, isPending, done),
      };
      const abort = (): void => {
        this.#waiters.remove(entry);
        reject(new SchedulerError('cancelled', 'the wait was cancelled'));
      };
      const done = (value: Value): void => {
        signal.removeEventListener('abort', abort);
        resolve(value);
      };
      if (signal.aborted) {
        abort();
        return;
      }
      this.#waiters.add(entry);
      signal.addEventListener('abort', abort, { once: true });
      this.#waiters.wake(entry);
    });
  }

  /** Asks the database about everybody who was woken, in one read per round. */
  async look(): Promise<void> {
    this.#isAsked = false;
    const store = this.#currentStore();
    if (this.#isLooking || !store) return;
    this.#isLooking = true;
    try {
      for (;;) {
        const woken = this.#waiters.takeWoken(limits.readIds);
        if (woken.length === 0) break;
        await this.#lookAt(store, woken);
      }
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#isLooking = false;
    }
  }

  async #lookAt(store: Store, woken: readonly Waiting[]): Promise<void> {
    const instances = woken.filter((entry) => entry.control === undefined);
    const controls = woken.flatMap((entry) => (entry.control ? [{ entry, control: entry.control }] : []));
    for (const withPayloads of [true, false]) {
      const group = instances.filter((entry) => entry.withPayloads === withPayloads);
      if (group.length === 0) continue;
      const seen = await store.readInstances(group, withPayloads);
      for (const [i, entry] of group.entries()) if (entry.see(seen[i], true)) this.#waiters.remove(entry);
    }
    if (controls.length === 0) return;
    const pending = await store.readPending(controls.map(({ control }) => control));
    for (const [i, { entry }] of controls.entries()) {
      if (entry.see(undefined, pending[i] ?? false)) this.#waiters.remove(entry);
    }
  }
}
