// Belongs into src/postgres/entity-reads.pg.test.ts.
import { toEntity, entityRow } from '../../test/helpers/entity-store.ts';
import { commit, expect, test } from '../../test/helpers/store.ts';
import { deleteVoidEntities } from './entity-reads.ts';

// The snapshot of the cleaning statement is older than the signal, its row lock is younger. (In READ COMMITTED that is a
// matter of microseconds; a snapshot that was taken earlier shows the same.) What the signal changed must be seen: the
// statement may fail or leave the entity, but not remove it.
test('a delayed signal that is committed while a cleaning goes on keeps its entity', async ({
  open,
  hubId,
  db,
}) => {
  const one = await open();
  const later = { firesAt: (Math.floor(Date.now() / 1000) + 3600) * 1e6 };
  await db.query(
    `insert into instances (partition, instance_key, hub_id, kind, instance_id, generation, execution_id, name, status,
                            created_at, updated_at)
     values ($2, 1, $1, 1, '@a@1', 0, '', 'a', 0, now() - interval '1 hour', now() - interval '1 hour')`,
    [hubId, toEntity(one, { hubId, id: '@a@1' }, '').partition],
  );
  const client = await db.connect();
  await client.query('begin isolation level repeatable read');
  await client.query('select 1 from instances');
  await commit(one, { entityMessages: [toEntity(one, { hubId, id: '@a@1' }, 'later', later)] });
  const { text, values } = deleteVoidEntities(hubId, '');
  await client.query(text, [...values]).catch(() => undefined);
  await client.query('commit').catch(() => undefined);
  client.release();
  expect(await entityRow(db, '@a@1')).toBeDefined();
});
