import { ranks } from '../domain/message.ts';
import { type Resident } from './resident.ts';

/**
 * A turn that is out when its instance shall be terminated may still be answered: what it asked for happens, as with
 * DTS, which hands a termination to the worker after that turn. A worker that takes longer than this is not waited for.
 */
const GRACE_MS = 1_000;

/** Terminations that wait for a worker's answer. */
export class Terminations {
  readonly #untilMs = new Map<Resident, number>();

  mustWait(resident: Resident, nowMs: number): boolean {
    const [control] = resident.controls;
    if (!resident.lease || control?.kind !== 'terminate' || control.rank <= ranks.atOnce) return false;
    const untilMs = this.#untilMs.get(resident) ?? nowMs + GRACE_MS;
    this.#untilMs.set(resident, untilMs);
    return nowMs < untilMs;
  }

  /** Those whose worker has had its time. */
  overdue(nowMs: number): Resident[] {
    const overdue: Resident[] = [];
    for (const [resident, untilMs] of this.#untilMs) {
      if (!resident.lease) this.#untilMs.delete(resident);
      else if (untilMs <= nowMs) overdue.push(resident);
    }
    return overdue;
  }
}
