import { Command, Option } from 'commander';
import { clientCommand } from './client-command.ts';
import { CommandError } from './exit-codes.ts';
import { countMatches } from './instance/pages.ts';
import { moveCommand } from './hub-move.ts';
import { quotaCommand } from './hub-quota.ts';
import { toJson } from './message-json.ts';
import { showAge } from './moments.ts';
import { note, printResult, terminalWidth } from './output.ts';
import { escapeText, Table } from './text.ts';

export function hubCommand(): Command {
  const command = new Command('hub').description('List, make, move, limit and delete task hubs.');
  for (const each of [listCommand(), createCommand(), quotaCommand(), moveCommand(), deleteCommand()]) {
    command.addCommand(each);
  }
  return command;
}

function listCommand(): Command {
  return clientCommand(
    {
      usage: 'list',
      description: 'List the task hubs of all stores.',
      example: 'perdura hub list',
      isAboutHubs: true,
    },
    async ({ connection, isJson }) => {
      const { taskHubs, stores } = await connection.call('ListTaskHubs', {});
      const areSeveral = stores.length > 1;
      const rows = taskHubs.map(({ name, createdTimestamp: created, store }) => [
        ...[name, created ? showAge(created, Date.now()) : ''],
        ...(areSeveral ? [store] : []),
      ]);
      const columns = [{ title: 'NAME', cut: 'end' as const }, { title: 'CREATED' }];
      const table = new Table(areSeveral ? [...columns, { title: 'STORE' }] : columns, terminalWidth());
      const shown = areSeveral
        ? { taskHubs, stores }
        : { taskHubs: taskHubs.map(({ name, createdTimestamp }) => ({ name, createdTimestamp })) };
      await printResult(isJson, toJson(shown), () => (rows.length > 0 ? table.add(rows) : ''));
      for (const { name, isServing } of stores) {
        if (!isServing) note(`the store '${name}' is not available: its task hubs are not listed`);
      }
      if (rows.length === 0) note('no task hubs');
    },
  );
}

function createCommand(): Command {
  return clientCommand<{ readonly store?: string }>(
    {
      usage: 'create <name>',
      description: 'Make a task hub; one that exists is left as it is.',
      example: 'perdura hub create orders',
      isAboutHubs: true,
      options: [
        new Option(
          '--store <name>',
          'The store that it lives in. Default: where its name belongs, or default.',
        ),
      ],
    },
    async ({ connection, args: [name = ''], options: { store }, isJson }) => {
      const { taskHubs } = await connection.call('ListTaskHubs', {});
      const isCreated = !taskHubs.some((hub) => hub.name === name);
      if (store === undefined) await connection.call('CreateTaskHub', {});
      else await connection.call('PlaceTaskHub', { name, store });
      const done = isCreated ? 'created' : 'there already:';
      await printResult(isJson, { name, isCreated }, () => `${done} task hub ${escapeText(name)}\n`);
    },
  );
}

function deleteCommand(): Command {
  return clientCommand<{ readonly yes?: true }>(
    {
      usage: 'delete <name>',
      description: 'Delete a task hub with all that is in it.',
      example: 'perdura hub delete orders --yes',
      isAboutHubs: true,
      options: [new Option('--yes', 'Needed; else it only says what would go.')],
    },
    async ({ connection, args: [name = ''], options: { yes = false }, isJson }) => {
      if (!yes) {
        const instances = await countMatches(connection, {});
        throw new CommandError(
          `the task hub '${name}' with ${instances} would be deleted: say --yes to do it`,
          'usage',
        );
      }
      await connection.call('DeleteTaskHub', {});
      await printResult(isJson, { name }, () => `deleted task hub ${escapeText(name)}\n`);
    },
  );
}
