import { type Pool } from 'pg';
import { withSender } from '../src/domain/entity-message.ts';
import { expect, test } from './helpers/database.ts';
import { leftoversIn } from './helpers/leftovers.ts';

const [LIVING, OVER, GONE, ENTITY] = [1, 2, 3, 4];

async function makeInstance(db: Pool, key: number, kind: number, status: number): Promise<void> {
  await db.query(
    `insert into instances (partition, instance_key, hub_id, kind, instance_id, generation, execution_id, name, status,
                            created_at, updated_at)
     values (0, $1::int8, 1, $2, $1::int8::text, 0, '', 'Order', $3, now(), now())`,
    [key, kind, status],
  );
}

async function makeInstances(db: Pool): Promise<void> {
  await makeInstance(db, LIVING, 0, 0);
  await makeInstance(db, OVER, 0, 1);
  await makeInstance(db, ENTITY, 1, 0);
}

const message = (to: number, rank = 3, kind = 4, event: Buffer = Buffer.alloc(0)): string =>
  `insert into inbox (partition, instance_key, rank, message_id, kind, generation, event)
   values (0, ${to}, ${rank}, 1, ${kind}, 0, '\\x${event.toString('hex')}')`;
const timer = (of: number): string =>
  `insert into timers (partition, fires_at, timer_key, instance_key, generation, kind, rank, event)
   values (0, now(), 1, ${of}, 0, 3, 3, '')`;
const activity = (of: number, owner: number | null = null): string =>
  `insert into activities (partition, instance_key, activity_key, generation, task_id, hub_id, name, owner, not_before,
                           request)
   values (0, ${of}, 1, 0, 1, 1, 'A', ${owner ?? 'null'}, now(), '')`;
const history = (of: number): string =>
  `insert into history (partition, instance_key, turn, events) values (0, ${of}, 1, '')`;
const change = (of: number, column: string, value: string): string =>
  `update instances set ${column} = ${value} where instance_key = ${of}`;
const lockedBy = (key: number, generation = 0): string =>
  change(ENTITY, 'held_by', `'${JSON.stringify({ partition: 0, key, generation })}'`);
const request = (key: number): string =>
  message(ENTITY, 3, 10, withSender({ partition: 0, key, generation: 0 }, Buffer.alloc(1)));

test.for<[string, string]>([
  ['1 messages of instances that are over', message(OVER)],
  ['1 messages of instances that are over', message(GONE)],
  ['1 timers of instances that are over', timer(OVER)],
  ['1 activities of instances that are gone', activity(GONE)],
  ['1 history of instances that are gone', history(GONE)],
  ['1 finished instances that are owned, rung or in a critical section', change(OVER, 'ready_at', 'now()')],
  ['1 finished instances that are owned, rung or in a critical section', change(OVER, 'sections', `'[]'`)],
  ['1 controls that nobody applied', message(ENTITY, -1, 35)],
  ['1 instances of replicas that are gone', change(LIVING, 'owner', '7')],
  ['1 activities of replicas that are gone', activity(LIVING, 7)],
  ['1 answers for replicas that are gone', `insert into completions values (7, 1, 't', 0, null)`],
  ['1 locks of executions that are over', lockedBy(OVER)],
  ['1 locks of executions that are over', lockedBy(LIVING, 1)],
  ['1 locks of executions that are over', lockedBy(GONE)],
  ['1 lock requests of executions that are over', request(OVER)],
])('%s are found', async ([found, statement], { databaseUrl, db }) => {
  await makeInstances(db);
  await db.query(statement);
  expect(await leftoversIn(databaseUrl)).toEqual([found]);
});

test('what goes on may leave work, and hold what it needs', async ({ databaseUrl, db }) => {
  await makeInstances(db);
  for (const of of [message(LIVING), timer(LIVING), activity(LIVING), lockedBy(LIVING), request(LIVING)]) {
    await db.query(of);
  }
  await db.query(history(OVER));
  expect(await leftoversIn(databaseUrl)).toEqual([]);
});
