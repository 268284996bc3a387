import { type Waiter, Waiters } from '../dispatch/waiters.ts';
import { SchedulerError } from '../domain/errors.ts';
import { type InstanceId, type InstanceKey } from '../domain/ids.ts';
import { type InstanceSnapshot, isTerminal } from '../domain/instance.ts';
import { limits } from '../domain/limits.ts';
import { type Store } from '../domain/store.ts';
import { type SentMessage } from '../domain/write.ts';
import { must } from '../lib/assert.ts';

interface Waiting extends Waiter {
  readonly id: InstanceId;
  readonly withPayloads: boolean;
  /** Waits for an inbox row to be gone; otherwise for the instance. */
  readonly control: SentMessage | undefined;
  /** Asked about what the database says. */
  readonly isOver: (instance: InstanceSnapshot | undefined, isControlPending: boolean) => boolean;
  readonly end: (instance: InstanceSnapshot | undefined) => void;
  readonly fail: (error: SchedulerError) => void;
}

/** An instance, and those whose wait for it is over. */
interface OverFor extends InstanceKey {
  readonly entries: Waiting[];
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

  /** Of a hub that is not served any more: nothing would end these waits. */
  failAll(hubId: number, error: SchedulerError): void {
    for (const entry of this.#waiters.ofHub(hubId)) entry.fail(error);
  }

  /** Resolves with the first snapshot that `isDone`; rejects `cancelled` when the signal aborts. */
  async forInstance(
    options: WaitOptions & { readonly withPayloads: boolean },
    isDone: (instance: InstanceSnapshot) => boolean,
  ): Promise<InstanceSnapshot> {
    const isOver: Waiting['isOver'] = (instance) => instance !== undefined && isDone(instance);
    return must(await this.#wait(options, undefined, isOver), 'the instance that was waited for');
  }

  /** Resolves when that life of an instance is over, whatever lives under its id then. */
  async forEnd(options: WaitOptions, key: number): Promise<void> {
    const isOver: Waiting['isOver'] = (instance) => instance?.key !== key || isTerminal(instance.status);
    await this.#wait({ ...options, withPayloads: false }, undefined, isOver);
  }

  /** Resolves when that control has been applied: its row is gone. */
  async forControl(options: WaitOptions, control: SentMessage): Promise<void> {
    await this.#wait({ ...options, withPayloads: false }, control, (_, isPending) => !isPending);
  }

  #wait(
    { hubId, id, signal, withPayloads }: WaitOptions & { readonly withPayloads: boolean },
    control: SentMessage | undefined,
    isOver: Waiting['isOver'],
  ): Promise<InstanceSnapshot | undefined> {
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
        ...{ hubId, id, withPayloads, control, isOver },
        end: (instance) => {
          this.#waiters.remove(entry);
          signal.removeEventListener('abort', abort);
          resolve(instance);
        },
        fail: (error) => {
          this.#waiters.remove(entry);
          signal.removeEventListener('abort', abort);
          reject(error);
        },
      };
      const abort = (): void => {
        entry.fail(new SchedulerError('cancelled', 'the wait was cancelled'));
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
    await this.#lookAtInstances(
      store,
      woken.filter((entry) => entry.control === undefined),
    );
    const controls = woken.flatMap((entry) => (entry.control ? [{ entry, control: entry.control }] : []));
    if (controls.length === 0) return;
    const pending = await store.readPending(controls.map(({ control }) => control));
    for (const [i, { entry }] of controls.entries()) {
      if (entry.isOver(undefined, pending[i] ?? false)) entry.end(undefined);
    }
  }

  /** Most of those who look see that nothing has changed for them: payloads are read only for those whose wait is over. */
  async #lookAtInstances(store: Store, woken: readonly Waiting[]): Promise<void> {
    if (woken.length === 0) return;
    const seen = await store.readInstances(woken, false);
    const over = new Map<number, OverFor>();
    for (const [i, entry] of woken.entries()) {
      const instance = seen[i];
      if (!entry.isOver(instance, true)) continue;
      if (!instance || !entry.withPayloads) {
        entry.end(instance);
        continue;
      }
      const { partition, key } = instance;
      const known = over.get(key);
      if (known) known.entries.push(entry);
      else over.set(key, { partition, key, entries: [entry] });
    }
    await this.#endWithPayloads(store, over);
  }

  /** A few at a time, as payloads go. Who is gone meanwhile, or has gone on, is waited for as before. */
  async #endWithPayloads(store: Store, over: ReadonlyMap<number, OverFor>): Promise<void> {
    const options = { withPayloads: true, maxBytes: limits.pageBytes };
    let rest = [...over.values()];
    while (rest.length > 0) {
      const found = await store.readFound(rest, options);
      for (const instance of found) {
        const { entries } = must(over.get(instance.key), 'who waits for an instance');
        entries
          .filter((entry) => entry.isOver(instance, true))
          .forEach((entry) => {
            entry.end(instance);
          });
      }
      const last = found.at(-1);
      if (!last) return;
      rest = rest.slice(rest.findIndex(({ key }) => key === last.key) + 1);
    }
  }
}
