import { type Requests } from './dispatch/requests.ts';
import { type Resident } from './dispatch/resident.ts';
import { SchedulerError } from './domain/errors.ts';
import { applyControl } from './scheduler/apply-control.ts';
import { type Context } from './scheduler/context.ts';
import { insist } from './scheduler/insist.ts';
import { giveUpInstance } from './scheduler/give-up-instance.ts';
import { loadHistory } from './scheduler/load-history.ts';
import { quarantineActivity, quarantineInstance } from './scheduler/quarantine.ts';
import { releaseInstance } from './scheduler/release-instance.ts';
import { fetchInbox } from './scheduler/sweep.ts';

/** What failed is asked for again after so long. */
const AGAIN_MS = 1_000;

interface Engine {
  readonly context: Context;
  readonly isOver: boolean;
  die(reason: string): void;
  claim(): void;
}

/** Work that nobody waits for. */
export class BackgroundWork {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** An outage is reported; a bug ends the incarnation, because memory can't be trusted then. True when it succeeded. */
  async attempt(name: string, work: Promise<unknown>): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (error) {
      this.report(name, error);
      if (!(error instanceof SchedulerError)) this.#engine.die(`${name} failed: ${String(error)}`);
      return false;
    }
  }

  report(task: string, error: unknown): void {
    if (this.#engine.isOver) return;
    this.#engine.context.log.error({ err: error, task }, 'background work failed; it will be tried again');
  }

  /** What dispatch asks for. */
  requests(): Requests {
    const engine = this.#engine;
    const context = (): Context => engine.context;
    return {
      applyControl: (resident) => {
        void this.#attemptPatch(resident, 'apply-control', applyControl(context(), resident));
      },
      release: (resident, backoffMs) => {
        void this.#attemptPatch(
          resident,
          'release-instance',
          releaseInstance(context(), resident, backoffMs),
        );
      },
      quarantine: (resident, reason) => {
        void this.#attemptPatch(resident, 'quarantine', quarantineInstance(context(), resident, reason));
      },
      giveUp: (keys) => {
        const { residents } = context().dispatch;
        for (const resident of keys.map((key) => residents.get(key))) {
          if (resident) void this.attempt('give-up-instance', giveUpInstance(context(), resident));
        }
      },
      fetch: (resident) => {
        const failed = (): void => void (resident.isFetching = false);
        void this.#attemptFor(resident, 'fetch', fetchInbox(context(), resident.state), failed);
      },
      loadHistory: (resident) => {
        const failed = (): void => void (resident.isLoading = false);
        void this.#attemptFor(resident, 'load-history', loadHistory(context(), resident), failed);
      },
      releaseActivities: (releasedActivities) =>
        void insist(context(), 'release-activities', () => context().store.commit({ releasedActivities })),
      quarantineActivity: (activity, reason) =>
        void this.attempt('quarantine', quarantineActivity(context(), activity, reason)),
      claim: () => {
        engine.claim();
      },
    };
  }

  #attemptPatch(resident: Resident, name: string, patch: Promise<unknown>): Promise<void> {
    return this.#attemptFor(resident, name, patch, () => {
      resident.patched();
    });
  }

  /** `failed` says that this request is no longer on its way. Others of the same resident may be. */
  async #attemptFor(
    resident: Resident,
    name: string,
    work: Promise<unknown>,
    failed: () => void,
  ): Promise<void> {
    if (await this.attempt(name, work)) return;
    const again = (): void => {
      failed();
      if (!this.#engine.isOver) this.#engine.context.dispatch.wake(resident);
    };
    setTimeout(again, AGAIN_MS).unref();
  }
}
