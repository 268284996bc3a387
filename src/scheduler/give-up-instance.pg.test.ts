import { randomBytes } from 'node:crypto';
import { type Pool } from 'pg';
import {
  answer,
  expect,
  instanceRow,
  onlyResident,
  raise,
  type RunningEngine,
  startOrder,
  test,
} from '../../test/helpers/engine.ts';
import { until } from '../../test/helpers/until.ts';
import { parseKeyRing } from '../postgres/key-ring.ts';
import { Vault } from '../postgres/vault.ts';

// What happens to a resident of which something can't be read: it is given up, claimed, and set aside.

const foreign = new Vault(parseKeyRing(`k9:${randomBytes(32).toString('base64')}`, 'test'));
const unreadable = foreign.seal('message', Buffer.from('foreign'));

const isSetAside = async (db: Pool, key: number): Promise<boolean> => {
  const row = await instanceRow(db, key);
  return row?.owner === null && row.ready_at !== null && !row.is_due;
};

/** It is free, nothing comes of it by itself, and others go on. */
async function expectSetAside(one: RunningEngine, db: Pool, key: number): Promise<void> {
  await until(() => isSetAside(db, key), 'that it is set aside');
  const { residents, outstanding } = one.engine.context.dispatch;
  expect([residents.count, outstanding, one.deaths]).toEqual([0, 0, []]);
}

test('a resident whose evicted history can not be read is given up, and goes on when it can', async ({
  run,
  db,
}) => {
  const one = await run();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await answer(one.hub, await worker.turn(), []);
  const { key } = onlyResident(one.engine.context).state;
  const { rows } = await db.query<{ events: Buffer }>('select events from history');
  await db.query('update history set events = $1', [unreadable]);
  expect(one.engine.context.dispatch.residents.evict(0)).toBe(1);
  await raise(one.hub, 'a', 'paid');
  await expectSetAside(one, db, key);
  await startOrder(one.hub, { instanceId: 'b' });
  const other = await worker.turn(1);
  expect(other.request.instanceId).toBe('b');
  await db.query('update history set events = $1', [rows[0]?.events]);
  await db.query('update instances set ready_at = clock_timestamp() where instance_key = $1', [key]);
  expect((await worker.turn(2)).news).toEqual(['orchestratorStarted', 'eventRaised']);
});

test('a resident with a message that can not be read is given up before what comes after it is delivered', async ({
  run,
  db,
}) => {
  const one = await run();
  const worker = one.worker();
  await startOrder(one.hub, { instanceId: 'a' });
  await answer(one.hub, await worker.turn(), []);
  const { partition, key } = onlyResident(one.engine.context).state;
  await db.query(
    `with sent as (
       insert into inbox (partition, instance_key, rank, message_id, kind, generation, event)
       values ($1, $2, 3, nextval('message_ids'), 4, 0, $3))
     update instances set ready_at = clock_timestamp() where instance_key = $2`,
    [partition, key, unreadable],
  );
  await raise(one.hub, 'a', 'later');
  await expectSetAside(one, db, key);
  expect(worker.turns).toHaveLength(1);
  expect((await db.query('select 1 from inbox')).rowCount).toBe(2);
  await db.query('delete from inbox where event = $1', [unreadable]);
  await db.query('update instances set ready_at = clock_timestamp() where instance_key = $1', [key]);
  expect((await worker.turn(1)).news).toEqual(['orchestratorStarted', 'eventRaised']);
});
