import { status } from '@grpc/grpc-js';
import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { complete } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';
import { historyChunks } from './history.ts';

const { hub, server } = useServer();

describe('what is not the caller’s fault', () => {
  test('a history that is damaged is INTERNAL, without details, and only its own (orchestrations §2.1)', async () => {
    const orders = hub();
    const worker = await orders.worker();
    const [id, other] = [await orders.start(), await orders.start()];
    for (let n = 0; n < 2; n++) await worker.play([complete('1')]);
    await Promise.all([orders.completed(id), orders.completed(other)]);
    const db = new Client({ connectionString: server().databaseUrl });
    await db.connect();
    await db.query(
      `update perdura.history h set events = '\\xff'
         from perdura.instances i
        where i.instance_id = $1 and h.instance_key = i.instance_key`,
      [id],
    );
    await db.end();
    await expect(historyChunks(orders, { instanceId: id })).rejects.toMatchObject({
      ...{ code: status.INTERNAL, details: 'internal error' },
    });
    expect(await historyChunks(orders, { instanceId: other })).toHaveLength(1);
  });
});
