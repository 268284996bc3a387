import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LogSink } from '../../test/helpers/log-sink.ts';
import { type AuditEntry, type AuditEvent } from '../domain/audit.ts';
import { invalidArgument, unavailable } from '../domain/errors.ts';
import { AuditLog, MOST_WAITING, REFUSED_AT_ONCE } from './audit-log.ts';
import { createLogger, type LogLevel } from './log.ts';

const terminated: AuditEvent = {
  ...{ action: 'TerminateInstance', hub: 'orders', target: 'order-17', outcome: 'OK' },
  ...{ who: '0123456789abcdef', whoName: 'an operator', knownBy: 'api_key', peer: '10.0.0.7:4711' },
};
const refused: AuditEvent = { ...terminated, outcome: 'PERMISSION_DENIED' };

let sink: LogSink;
let stored: AuditEntry[];
/** What the database says to a batch; undefined: nothing, it takes it. */
let answer: Error | undefined;
let dropped: string[];
let counted: number;

beforeEach(() => {
  [sink, stored, answer, dropped, counted] = [new LogSink(), [], undefined, [], 0];
});
afterEach(() => {
  vi.useRealTimers();
});

function open(level: LogLevel = 'info'): AuditLog {
  return new AuditLog({
    log: createLogger({ level, format: 'json', destination: sink }),
    metrics: {
      audited: (count) => (counted += count),
      auditDropped: (reason, count) => dropped.push(`${count} ${reason}`),
    },
    write(entries) {
      if (answer) return Promise.reject(answer);
      stored.push(...entries);
      return Promise.resolve();
    },
  });
}

async function flushAll(entries: AuditLog): Promise<void> {
  while ((await entries.flush()) > 0);
}

describe('an entry', () => {
  test('is a line of the log at once, whatever else is logged, and a row when it is flushed', async () => {
    const entries = open('error');
    entries.record(terminated.outcome, () => terminated);
    expect(sink.lines).toMatchObject([{ ...terminated, level: 'info', audit: true, msg: 'audit' }]);
    expect(stored).toEqual([]);
    await flushAll(entries);
    expect(stored).toMatchObject([terminated]);
    expect(counted).toBe(1);
  });

  test('is no line where nothing is to be logged', () => {
    open('silent').record(terminated.outcome, () => terminated);
    expect(sink.text).toBe('');
  });

  test('comes after the one before it, also in the same millisecond and when the clock goes back', async () => {
    vi.useFakeTimers({ now: 1_000 });
    const entries = open();
    entries.record(terminated.outcome, () => terminated);
    entries.record(terminated.outcome, () => terminated);
    vi.setSystemTime(500);
    entries.record(terminated.outcome, () => terminated);
    await flushAll(entries);
    expect(stored.map(({ at }) => at)).toEqual([1_000_000, 1_000_001, 1_000_002]);
  });
});

describe('while the database is away', () => {
  test('entries wait, in order and so many, and nobody waits for them; the rest stands in the log alone', async () => {
    const entries = open();
    answer = unavailable('away');
    for (let n = 0; n < MOST_WAITING + 7; n++) {
      entries.record(terminated.outcome, () => ({ ...terminated, target: `order-${n}` }));
    }
    expect(sink.audit).toHaveLength(MOST_WAITING + 7);
    expect(dropped).toEqual(Array.from({ length: 7 }, () => '1 full'));
    await expect(entries.flush()).rejects.toBe(answer);
    expect(counted).toBe(0);
    answer = undefined;
    await flushAll(entries);
    expect(stored.map(({ target }) => target)).toEqual(
      Array.from({ length: MOST_WAITING }, (_, n) => `order-${n}`),
    );
  });

  test('a batch whose answer was lost is sent again as it was', async () => {
    const sent: (readonly AuditEntry[])[] = [];
    const losing = new AuditLog({
      log: createLogger({ level: 'info', format: 'json', destination: sink }),
      metrics: { audited: () => undefined, auditDropped: () => undefined },
      write(batch) {
        sent.push(batch);
        return sent.length === 1 ? Promise.reject(unavailable('no answer')) : Promise.resolve();
      },
    });
    losing.record(terminated.outcome, () => terminated);
    await expect(losing.flush()).rejects.toThrow('no answer');
    losing.record(refused.outcome, () => refused);
    await losing.flush();
    expect(sent[1]?.[0]).toEqual(sent[0]?.[0]);
    expect(sent[1]).toHaveLength(2);
  });

  test('a stop waits for it a while, then counts what is left', async () => {
    vi.useFakeTimers();
    const entries = new AuditLog({
      log: createLogger({ level: 'info', format: 'json', destination: sink }),
      metrics: {
        audited: () => undefined,
        auditDropped: (reason, count) => dropped.push(`${count} ${reason}`),
      },
      write: () => new Promise(() => undefined),
    });
    entries.record(terminated.outcome, () => terminated);
    entries.record(terminated.outcome, () => terminated);
    const closed = entries.close();
    await vi.advanceTimersByTimeAsync(3_000);
    await closed;
    expect(dropped).toEqual(['2 stopped']);
    expect(sink.lines.at(-1)).toMatchObject({ level: 'warn', entries: 2 });
  });
});

test('entries that the database can never take do not hold up what follows', async () => {
  const entries = open();
  entries.record(terminated.outcome, () => terminated);
  answer = invalidArgument("the database can't take a value");
  expect(await entries.flush()).toBe(1);
  expect(dropped).toEqual(['1 refused']);
  answer = undefined;
  entries.record(terminated.outcome, () => ({ ...terminated, target: 'next' }));
  await flushAll(entries);
  expect(stored).toMatchObject([{ target: 'next' }]);
});

describe('refused calls', () => {
  test('are written down so many at once, then so many a second; what was done always', () => {
    vi.useFakeTimers();
    const entries = open();
    for (let n = 0; n < 5 * REFUSED_AT_ONCE; n++) entries.record(refused.outcome, () => refused);
    expect(sink.audit).toHaveLength(REFUSED_AT_ONCE);
    expect(dropped).toHaveLength(4 * REFUSED_AT_ONCE);
    // Nothing is done for what is not written down.
    entries.record(refused.outcome, () => expect.unreachable());
    entries.record(terminated.outcome, () => terminated);
    expect(sink.audit.at(-1)).toMatchObject({ outcome: 'OK' });
    vi.advanceTimersByTime(1_000);
    for (let n = 0; n < 100; n++) entries.record(refused.outcome, () => refused);
    expect(sink.audit).toHaveLength(REFUSED_AT_ONCE + 1 + 10);
  });

  // Half of a purge may be done by then.
  test.each(['CANCELLED', 'UNAVAILABLE', 'UNKNOWN', 'INTERNAL', 'ABORTED'])(
    'are not those that end with %s',
    (outcome) => {
      const entries = open();
      for (let n = 0; n < 2 * REFUSED_AT_ONCE; n++) {
        entries.record(outcome, () => ({ ...terminated, outcome }));
      }
      expect(sink.audit).toHaveLength(2 * REFUSED_AT_ONCE);
    },
  );
});
