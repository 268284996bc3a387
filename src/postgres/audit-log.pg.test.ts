import { randomUUID } from 'node:crypto';
import { type Pool } from 'pg';
import { describe } from 'vitest';
import { auditRows } from '../../test/helpers/audit-rows.ts';
import { expect, schema, test } from '../../test/helpers/database.ts';
import { newApiKey } from '../auth/api-key.ts';
import { type AuditEntry } from '../domain/audit.ts';
import { ApiKeyTable } from './api-key-table.ts';
import { type AuditFilter, forgetAuditEntries, insertAuditEntries } from './audit-log.ts';
import { AuditTable } from './audit-table.ts';
import { query } from './sql.ts';

const DAY_MICROS = 86_400_000_000;

function entry(changes: Partial<AuditEntry> = {}): AuditEntry {
  return {
    ...{ id: randomUUID(), at: Date.now() * 1_000 },
    ...{ action: 'TerminateInstance', hub: 'orders', target: 'order-17', outcome: 'OK' },
    ...{ who: '0123456789abcdef', whoName: 'an operator', knownBy: 'api_key', peer: '10.0.0.7:4711' },
    ...changes,
  };
}

const everything: AuditFilter = { since: null, hub: null, who: null, action: null };

test('a batch that is written twice is there once', async ({ db, databaseUrl }) => {
  const entries = [entry({ target: 'a' }), entry({ target: '„b“ \\ {,}' })];
  await query(db, insertAuditEntries(entries));
  await query(db, insertAuditEntries([...entries, entry({ target: 'c' })]));
  expect((await auditRows(databaseUrl)).map(({ target }) => target).toSorted()).toEqual(
    ['a', '„b“ \\ {,}', 'c'].toSorted(),
  );
});

describe('what is old', () => {
  const aged = (days: number, count: number): AuditEntry[] =>
    Array.from({ length: count }, () => entry({ at: Date.now() * 1_000 - days * DAY_MICROS }));

  test('is forgotten in bounded steps, and nothing else', async ({ db, databaseUrl }) => {
    await query(db, insertAuditEntries([...aged(91, 5), ...aged(89, 2)]));
    const forget = async (): Promise<number | undefined> =>
      (await query(db, forgetAuditEntries(90 * 86_400, 3)))[0]?.removed;
    expect([await forget(), await forget(), await forget()]).toEqual([3, 2, 0]);
    expect(await auditRows(databaseUrl)).toHaveLength(2);
  });

  test('is forgotten by several replicas at once, who do not wait for each other', async ({ db }) => {
    await query(db, insertAuditEntries(aged(91, 10)));
    const other = await db.connect();
    await other.query('begin');
    expect(await query(other, forgetAuditEntries(90 * 86_400, 4))).toEqual([{ removed: 4 }]);
    expect(await query(db, forgetAuditEntries(90 * 86_400, 100))).toEqual([{ removed: 6 }]);
    await other.query('rollback');
    other.release();
    expect(await query(db, forgetAuditEntries(90 * 86_400, 100))).toEqual([{ removed: 4 }]);
  });
});

describe('a search', () => {
  async function found(databaseUrl: string, filter: Partial<AuditFilter>): Promise<string[]> {
    await using table = await AuditTable.open({ url: databaseUrl, schema });
    const { matches, last } = await table.step({ ...everything, ...filter }, undefined);
    expect(last).toBeUndefined();
    return matches.map(({ target }) => target);
  }

  test('gives what meets all conditions, the newest first', async ({ db, databaseUrl }) => {
    const now = Date.now() * 1_000;
    await query(
      db,
      insertAuditEntries([
        entry({ at: now - 4, target: 'a' }),
        entry({ at: now - 3, target: 'b', hub: 'payments' }),
        entry({ at: now - 2, target: 'c', who: 'fedcba9876543210', whoName: '' }),
        entry({ at: now - 1, target: 'd', action: 'PurgeInstances' }),
      ]),
    );
    expect(await found(databaseUrl, {})).toEqual(['d', 'c', 'b', 'a']);
    expect(await found(databaseUrl, { hub: 'orders' })).toEqual(['d', 'c', 'a']);
    expect(await found(databaseUrl, { who: 'an operator' })).toEqual(['d', 'b', 'a']);
    expect(await found(databaseUrl, { who: 'fedcba9876543210' })).toEqual(['c']);
    expect(await found(databaseUrl, { action: 'PurgeInstances', hub: 'orders' })).toEqual(['d']);
    expect(await found(databaseUrl, { since: now - 2 })).toEqual(['d', 'c']);
    expect(await found(databaseUrl, { hub: 'nowhere' })).toEqual([]);
  });

  test('goes on where a step ended, over what does not match, and finds each once', async ({
    db,
    databaseUrl,
  }) => {
    await fill(db, 12_000);
    await using table = await AuditTable.open({ url: databaseUrl, schema });
    const steps: number[] = [];
    const targets = new Set<string>();
    for (let last: Parameters<typeof table.step>[1] = undefined, isFirst = true; last ?? isFirst;) {
      const step = await table.step({ ...everything, hub: 'orders' }, last);
      steps.push(step.matches.length);
      for (const { target } of step.matches) targets.add(target);
      [last, isFirst] = [step.last, false];
    }
    // Every thousandth is of that task hub.
    expect(steps).toEqual([5, 5, 2]);
    expect(targets.size).toBe(12);
  });

  test('walks along the index from where it begins, whatever it looks for', async ({ db }) => {
    await fill(db, 20_000);
    await db.query('analyze audit_log');
    const { rows } = await db.query<{ 'QUERY PLAN': string }>(
      `explain (analyze, costs off, timing off, summary off)
       select * from audit_log
        where at >= '-infinity' and (at, entry_id) < (now() - interval '5 s', '00000000-0000-0000-0000-000000000000')
        order by at desc, entry_id desc limit 10`,
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('Index Scan Backward using audit_log_pkey');
    expect(plan).not.toMatch(/Sort|Seq Scan/);
  });
});

/** Entries of two task hubs, a millisecond apart. */
async function fill(db: Pool, count: number): Promise<void> {
  await db.query(
    `insert into audit_log (at, entry_id, action, hub, target, outcome, who, who_name, known_by, peer)
     select now() - make_interval(secs => n / 1000.0), gen_random_uuid(), 'StartInstance',
            case when n % 1000 = 0 then 'orders' else 'payments' end, 'order-' || n, 'OK', '', '', 'anonymous', ''
       from generate_series(1, $1) n`,
    [count],
  );
}

describe('a change of a key', () => {
  const made = () => {
    const { id, hash } = newApiKey();
    return { id, hash, name: 'orders worker', role: 'worker', hubs: 'orders*', expiresInSeconds: undefined };
  };

  test('is committed with its entry', async ({ databaseUrl }) => {
    await using keys = await ApiKeyTable.open({ url: databaseUrl, schema }, 'alice@desk');
    const [first, next] = [made(), made()];
    await keys.insert(first);
    await keys.replace(first.id, 60, next);
    await keys.revoke(next.id);
    await keys.revoke(next.id);
    const by = { who: 'alice@desk', knownBy: 'database', whoName: expect.stringMatching(/./) as unknown };
    expect(await auditRows(databaseUrl)).toMatchObject([
      { ...by, action: 'CreateApiKey', target: `${first.id} (orders worker): worker in orders*` },
      {
        ...{ ...by, action: 'RotateApiKey' },
        target: `${first.id} by ${next.id} (orders worker): worker in orders*`,
      },
      { ...by, action: 'RevokeApiKey', target: `${next.id} (orders worker)` },
    ]);
  });

  test('is not made when its entry can not be', async ({ db, databaseUrl }) => {
    await using keys = await ApiKeyTable.open({ url: databaseUrl, schema }, 'alice@desk');
    const [kept, wanted] = [made(), made()];
    await keys.insert(kept);
    await db.query('alter table audit_log rename to hidden');
    await expect(keys.insert(wanted)).rejects.toThrow('audit_log');
    await expect(keys.revoke(kept.id)).rejects.toThrow('audit_log');
    await expect(keys.replace(kept.id, 0, wanted)).rejects.toThrow('audit_log');
    expect(await keys.list()).toMatchObject([{ key_id: kept.id, is_valid: true, expires_at: null }]);
  });

  test('that dies before its COMMIT leaves neither', async ({ db, databaseUrl }) => {
    const key = made();
    const blocker = await db.connect();
    // The entry waits here, behind the change.
    await blocker.query('begin; lock table audit_log in access exclusive mode');
    const keys = await ApiKeyTable.open({ url: databaseUrl, schema }, 'alice@desk');
    const inserting = keys.insert(key).catch((error: unknown) => error);
    const waiting = `select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%audit_log%'
                        and datname = current_database()`;
    await expect.poll(async () => (await db.query(waiting)).rowCount).toBe(1);
    await db.query(`select pg_terminate_backend(pid) from (${waiting}) w`);
    expect(await inserting).toBeInstanceOf(Error);
    await blocker.query('rollback');
    blocker.release();
    expect((await db.query('select 1 from api_keys')).rowCount).toBe(0);
    expect(await auditRows(databaseUrl)).toEqual([]);
    await keys[Symbol.asyncDispose]().catch(() => undefined);
  });

  test('without an operator leaves none', async ({ databaseUrl }) => {
    await using keys = await ApiKeyTable.open({ url: databaseUrl, schema }, undefined);
    await keys.insert(made());
    expect(await auditRows(databaseUrl)).toEqual([]);
  });
});
