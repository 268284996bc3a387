import { expect, test } from 'vitest';
import { TaskHubClient } from '../../src/grpc/client.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { startTestServer, useServer } from '../helpers/server.ts';

const { hub } = useServer({ dynamicTaskHubs: false, taskHubs: ['second', 'first'] });

test('lists configured and created hubs by name, with the time they were made', async () => {
  const orders = hub();
  await orders.client.call('CreateTaskHub', {});
  const { taskHubs } = await orders.client.call('ListTaskHubs', {});
  expect(taskHubs.map(({ name }) => name)).toEqual(['first', orders.name, 'second']);
  for (const { createdTimestamp } of taskHubs) {
    expect(Math.abs((createdTimestamp?.seconds ?? 0) - Date.now() / 1000)).toBeLessThan(60);
  }
});

test('a deleted hub is gone from the list, and the named hub plays no part', async () => {
  const orders = hub();
  await orders.client.call('CreateTaskHub', {});
  await orders.client.call('DeleteTaskHub', {});
  const { taskHubs } = await orders.client.call('ListTaskHubs', {});
  expect(taskHubs.map(({ name }) => name)).not.toContain(orders.name);
});

test('hubs made by another replica are listed', async () => {
  const databaseUrl = await createTestDatabase();
  const [one, two] = [await startTestServer({ databaseUrl }), await startTestServer({ databaseUrl })];
  const [here, there] = [one, two].map(
    ({ endpoint }) => new TaskHubClient({ address: endpoint, hub: 'far' }),
  );
  try {
    await there?.call('CreateTaskHub', {});
    const listed = await here?.call('ListTaskHubs', {});
    expect(listed?.taskHubs.map(({ name }) => name)).toEqual(['default', 'far']);
  } finally {
    for (const client of [here, there]) client?.close();
    for (const each of [one, two]) await each.close();
  }
});
