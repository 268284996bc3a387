import { afterAll, beforeAll, expect, test } from 'vitest';
import { TaskHubClient } from '../../src/grpc/client.ts';
import { must } from '../../src/lib/assert.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { complete } from '../helpers/scripted-worker.ts';
import { TestHub } from '../helpers/client.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';

let running: TestServer | undefined;
const server = (): TestServer => must(running, 'the server');

beforeAll(async () => {
  const databaseUrl = await createTestDatabase();
  running = await startTestServer({
    ...{ databaseUrl, dynamicTaskHubs: false },
    stores: [{ name: 'archive', databaseUrl, databaseSchema: 'archive' }],
  });
});
afterAll(async () => {
  await running?.close();
});

const client = (hub?: string): TaskHubClient =>
  new TaskHubClient({ address: server().endpoint, ...(hub === undefined ? {} : { hub }) });

test('a hub is made in that store and works there, and is listed with it', async () => {
  const operator = client();
  await operator.call('PlaceTaskHub', { name: 'old', store: 'archive' });
  await operator.call('PlaceTaskHub', { name: 'old', store: 'archive' });
  const { taskHubs, stores } = await operator.call('ListTaskHubs', {});
  expect(taskHubs.map(({ name, store }) => [name, store])).toEqual([
    ['default', 'default'],
    ['old', 'archive'],
  ]);
  expect(stores).toEqual([
    { name: 'default', isServing: true },
    { name: 'archive', isServing: true },
  ]);
  operator.close();
  const hub = new TestHub(server().endpoint, 'old');
  const worker = await hub.worker();
  const id = await hub.start();
  await worker.play([complete('1')]);
  expect((await hub.completed(id)).output).toEqual({ value: '1' });
  hub.close();
});

test.each([
  ['default', 'archive', 6, "the name 'default' belongs to the store 'default'"],
  ['x', 'moon', 3, "this server has no store 'moon'"],
  ['x', '', 3, "this server has no store ''"],
  ['', 'archive', 3, 'the task hub name is empty'],
])('%s in %s is refused', async (name, store, code, words) => {
  const operator = client();
  await expect(operator.call('PlaceTaskHub', { name, store })).rejects.toMatchObject({
    code,
    details: expect.stringContaining(words) as unknown,
  });
  operator.close();
});

test('a hub that was placed is left where it is by those who create it, and goes as any other', async () => {
  const placed = client('placed');
  await placed.call('PlaceTaskHub', { name: 'placed', store: 'archive' });
  await placed.call('CreateTaskHub', {});
  await placed.call('CreateTaskHub', { recreateIfExists: true });
  const { taskHubs } = await placed.call('ListTaskHubs', {});
  expect(taskHubs.find(({ name }) => name === 'placed')?.store).toBe('archive');
  await placed.call('DeleteTaskHub', {});
  await expect(placed.call('Hello', {})).rejects.toMatchObject({ code: 5 });
  placed.close();
});
