import { expect, test } from 'vitest';
import { perdura } from '../helpers/program.ts';
import { useServer } from '../helpers/server.ts';

const { server } = useServer({ dynamicTaskHubs: false, taskHubs: ['main'] });
const hub = (...args: string[]) => perdura(['hub', ...args, '--endpoint', server().endpoint]);

test('hubs are made, listed and deleted', async () => {
  expect(await hub('create', 'orders')).toEqual({ code: 0, output: 'created task hub orders\n', errors: '' });
  expect(await hub('create', 'orders')).toMatchObject({
    code: 0,
    output: 'there already: task hub orders\n',
  });
  const listed = await hub('list');
  expect(listed).toMatchObject({ code: 0, errors: '' });
  expect(listed.output).toMatch(/^NAME +CREATED\nmain +(now|\d+s ago)\norders +(now|\d+s ago)\n$/);
  const refused = await hub('delete', 'orders');
  expect(refused).toMatchObject({ code: 2, output: '' });
  expect(refused.errors).toContain("'orders' with 0 instances would be deleted: say --yes");
  expect(await hub('delete', 'orders', '--yes')).toMatchObject({
    code: 0,
    output: 'deleted task hub orders\n',
  });
  expect((await hub('list')).output).not.toContain('orders');
});

test('each prints one JSON document when asked', async () => {
  const created = await hub('create', 'json', '--json');
  expect(JSON.parse(created.output)).toEqual({ name: 'json', isCreated: true });
  const { taskHubs } = JSON.parse((await hub('list', '--json')).output) as { taskHubs: unknown[] };
  expect(taskHubs).toContainEqual({
    name: 'json',
    createdTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as unknown,
  });
  expect(JSON.parse((await hub('delete', 'json', '--yes', '--json')).output)).toEqual({ name: 'json' });
});

test('a hub that is not there is not found', async () => {
  for (const args of [
    ['delete', 'absent'],
    ['delete', 'absent', '--yes'],
  ]) {
    const result = await hub(...args);
    expect(result).toMatchObject({ code: 3, output: '' });
    expect(result.errors).toContain("task hub not found: 'absent'");
    expect(result.errors).toContain('"perdura hub list" shows what there is');
  }
});

test('a name that no hub can have is refused', async () => {
  const result = await hub('create', 'a,b');
  expect(result.code).toBe(2);
  expect(result.errors).toContain('It is 1 to 64 printable ASCII characters without a comma.');
});
