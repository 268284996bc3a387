// What is written down of who did what. An entry is a line of the log at once, and soon a row: what waits to be a row is
// bounded, and nobody waits for it. While the database is away entries are kept and sent again; beyond the bound they stay
// in the log alone, and are counted. So are those that a stopped server could not write any more.
//
// Calls that were refused, which anybody can make as many of as he likes, are written down so many a second and no more:
// neither the log nor the table grows by a flood of them. How many there were is a metric.

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type AuditEntry, auditText, type AuditEvent } from '../domain/audit.ts';
import { SchedulerError } from '../domain/errors.ts';
import { type Logger } from './log.ts';
import { type Metrics } from './metrics.ts';

/** Entries that wait to be written, a few MB. */
export const MOST_WAITING = 10_000;
/** Entries of one statement. */
const BATCH = 500;
/** Refused calls that are written down at once, and a second on and on. */
export const REFUSED_AT_ONCE = 100;
const REFUSED_PER_SECOND = 10;
/** How long the end of the server waits for the database. */
const CLOSE_MS = 3_000;

/** Outcomes with which nothing was changed: those that cost the caller nothing. */
const refusals: ReadonlySet<string> = new Set([
  ...['UNAUTHENTICATED', 'PERMISSION_DENIED', 'NOT_FOUND', 'INVALID_ARGUMENT'],
  ...['ALREADY_EXISTS', 'FAILED_PRECONDITION', 'RESOURCE_EXHAUSTED'],
]);

interface AuditLogOptions {
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'audited' | 'auditDropped'>;
  /** Writes entries; those that it has written before are passed over. */
  readonly write: (entries: readonly AuditEntry[]) => Promise<void>;
}

export class AuditLog {
  readonly #options: AuditLogOptions;
  readonly #lines: Logger;
  readonly #waiting: AuditEntry[] = [];
  #lastAt = 0;
  #allowed = REFUSED_AT_ONCE;
  #allowedAt = performance.now();

  constructor(options: AuditLogOptions) {
    this.#options = options;
    const { log } = options;
    // Whoever wants less of the log wants no less of this; `silent` is meant.
    this.#lines = log.child({ audit: true }, log.level === 'silent' ? {} : { level: 'info' });
  }

  /** Writes down what somebody did, or was refused; `describe` is called only if it is. Never waits. */
  record(outcome: AuditEvent['outcome'], describe: () => AuditEvent): void {
    const { metrics } = this.#options;
    if (refusals.has(outcome) && !this.#mayRefuse()) {
      metrics.auditDropped('flood', 1);
      return;
    }
    const event = describe();
    const [hub, target, who, whoName] = [event.hub, event.target, event.who, event.whoName].map(auditText);
    const written = { ...event, hub, target, who, whoName } as AuditEvent;
    this.#lines.info(written, 'audit');
    if (this.#waiting.length >= MOST_WAITING) metrics.auditDropped('full', 1);
    else this.#waiting.push({ ...written, id: randomUUID(), at: this.#now() });
  }

  /** One batch of what waits becomes rows. Returns how many; rejects when the database took none, which then go on waiting. */
  async flush(): Promise<number> {
    const batch = this.#waiting.slice(0, BATCH);
    if (batch.length === 0) return 0;
    const { write, metrics, log } = this.#options;
    try {
      await write(batch);
      metrics.audited(batch.length);
    } catch (error) {
      if (!(error instanceof SchedulerError && error.code === 'invalid_argument')) throw error;
      // It would be refused for ever, and all that follow would wait behind it.
      log.error({ err: error, entries: batch.length }, 'the database refused entries of the audit log');
      metrics.auditDropped('refused', batch.length);
    }
    this.#waiting.splice(0, batch.length);
    return batch.length;
  }

  /** Writes what waits, if the database takes it soon. Nothing is recorded after that. */
  async close(): Promise<void> {
    const flushed = this.#flushAll().catch(() => undefined);
    await Promise.race([flushed, pause(CLOSE_MS, undefined, { ref: false })]);
    const { length } = this.#waiting;
    if (length === 0) return;
    this.#options.metrics.auditDropped('stopped', length);
    this.#options.log.warn({ entries: length }, 'entries of the audit log stand in this log alone');
  }

  async #flushAll(): Promise<void> {
    while ((await this.flush()) > 0);
  }

  /** By the clock of this machine, but no two at the same time: rows stay in the order in which they came. */
  #now(): number {
    this.#lastAt = Math.max(Date.now() * 1_000, this.#lastAt + 1);
    return this.#lastAt;
  }

  #mayRefuse(): boolean {
    const now = performance.now();
    const refilled = this.#allowed + ((now - this.#allowedAt) / 1_000) * REFUSED_PER_SECOND;
    this.#allowed = Math.min(REFUSED_AT_ONCE, refilled);
    this.#allowedAt = now;
    if (this.#allowed < 1) return false;
    this.#allowed--;
    return true;
  }
}
