import { expect } from 'vitest';
import { test } from '../../test/helpers/store.ts';
import { movedTables } from './copy-hub.ts';

/** Tables of hubs and instances that stay: hubs are made anew, and chunks are for a replica of the old store. */
const stayed = ['hubs', 'completions'];

/** What holds a number of the old store, all of it in `changes` of copy-hub.ts, or none. Add a new column where it belongs. */
const columns: Record<(typeof movedTables)[number], { renumbered: string[]; asTheyAre: string[] }> = {
  instances: {
    renumbered: [
      ...['partition', 'instance_key', 'hub_id', 'parent_partition', 'parent_key', 'held_by'],
      ...['owner', 'ready_at', 'engine_work'],
    ],
    asTheyAre: [
      ...[
        'kind',
        'instance_id',
        'generation',
        'execution_id',
        'name',
        'version',
        'status',
        'attempts',
        'turn',
      ],
      ...[
        'input',
        'output',
        'custom_status',
        'failure',
        'tags',
        'parent_generation',
        'parent_task_id',
        'parent',
      ],
      ...['suspension', 'trace_context', 'is_rewound', 'history_bytes', 'created_at', 'updated_at'],
      ...['completed_at', 'scheduled_at', 'sections'],
    ],
  },
  history: { renumbered: ['partition', 'instance_key'], asTheyAre: ['turn', 'events'] },
  inbox: {
    renumbered: ['partition', 'instance_key', 'message_id', 'event'],
    asTheyAre: ['rank', 'kind', 'generation', 'fires_at'],
  },
  activities: {
    renumbered: ['partition', 'instance_key', 'activity_key', 'hub_id', 'owner'],
    asTheyAre: [
      ...[
        'generation',
        'task_id',
        'name',
        'version',
        'effective_version',
        'attempt',
        'not_before',
        'request',
      ],
    ],
  },
  timers: {
    renumbered: ['partition', 'instance_key', 'timer_key', 'event'],
    asTheyAre: ['fires_at', 'generation', 'kind', 'rank'],
  },
  signals: { renumbered: ['hub_id'], asTheyAre: ['request', 'claim', 'sent_at'] },
};

test('every table and column of a task hub is known to its move', async ({ db }) => {
  const { rows } = await db.query<{ table_name: string; column_name: string }>(
    'select table_name, column_name from information_schema.columns where table_schema = current_schema',
  );
  const byTable = Map.groupBy(rows, (row) => row.table_name);
  const ofHubs = [...byTable].filter(([, all]) =>
    all.some(({ column_name: name }) => name === 'hub_id' || name === 'instance_key'),
  );
  expect(ofHubs.map(([name]) => name).toSorted()).toEqual([...movedTables, ...stayed].toSorted());
  for (const table of movedTables) {
    const found = byTable.get(table)?.map(({ column_name: name }) => name);
    const { renumbered, asTheyAre } = columns[table];
    expect(found?.toSorted(), table).toEqual([...renumbered, ...asTheyAre].toSorted());
  }
});
