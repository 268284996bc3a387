import { type Activities, type ActivityLease } from './activities.ts';
import { Clock } from './clock.ts';
import { type Orchestrations } from './orchestrations.ts';
import { type Resident } from './resident.ts';
import { type WorkerStream } from './streams.ts';

interface Over {
  /** Residents whose turn came to nothing, and why. */
  readonly residents: ReadonlyMap<Resident, string>;
  readonly activities: readonly ActivityLease[];
}

/**
 * Leases end with their time, and with their stream: after a short grace, because a worker that reconnects may still
 * answer what it has (contract §13.4).
 */
export class LeaseExpiry {
  readonly #orchestrations: Orchestrations;
  readonly #activities: Activities;
  readonly #graceMs: number;
  /** Closed streams, in the order in which their grace ends. */
  readonly #closed: { readonly stream: WorkerStream; readonly goneAtMs: number }[] = [];

  constructor(orchestrations: Orchestrations, activities: Activities, graceMs: number) {
    this.#orchestrations = orchestrations;
    this.#activities = activities;
    this.#graceMs = graceMs;
  }

  streamClosed(stream: WorkerStream): void {
    this.#closed.push({ stream, goneAtMs: Clock.monotonicMs() + this.#graceMs });
  }

  /** What is over at that monotonic moment. Leases of activities have ended by then, those of residents have not. */
  take(nowMs: number): Over {
    const residents = new Map<Resident, string>();
    for (const resident of this.#orchestrations.overdue(nowMs)) residents.set(resident, 'its time was over');
    const gone = this.#takeGone(nowMs);
    for (const stream of gone) {
      for (const resident of this.#orchestrations.outOn(stream)) {
        residents.set(resident, 'its worker went away');
      }
    }
    const activities = this.#activities.expire(
      (lease) => lease.deadlineMs <= nowMs || gone.has(lease.stream),
    );
    return { residents, activities };
  }

  /** Streams whose grace is over. */
  #takeGone(nowMs: number): ReadonlySet<WorkerStream> {
    const gone = new Set<WorkerStream>();
    for (let first = this.#closed[0]; first && first.goneAtMs <= nowMs; first = this.#closed[0]) {
      gone.add(first.stream);
      this.#closed.shift();
    }
    return gone;
  }
}
