import { Command, Option } from 'commander';
import { clientCommand } from './client-command.ts';
import { CommandError } from './exit-codes.ts';
import { countMatches } from './instance/pages.ts';
import { toJson } from './message-json.ts';
import { showAge } from './moments.ts';
import { note, printResult, terminalWidth } from './output.ts';
import { escapeText, Table } from './text.ts';

export function hubCommand(): Command {
  const command = new Command('hub').description('List, make and delete task hubs.');
  for (const each of [listCommand(), createCommand(), deleteCommand()]) command.addCommand(each);
  return command;
}

function listCommand(): Command {
  return clientCommand(
    {
      usage: 'list',
      description: 'List the task hubs of the store.',
      example: 'perdura hub list',
      isAboutHubs: true,
    },
    async ({ connection, isJson }) => {
      const answer = await connection.call('ListTaskHubs', {});
      const rows = answer.taskHubs.map(({ name, createdTimestamp: created }) => [
        name,
        created ? showAge(created, Date.now()) : '',
      ]);
      const table = new Table([{ title: 'NAME', cut: 'end' }, { title: 'CREATED' }], terminalWidth());
      await printResult(isJson, toJson(answer), () => (rows.length > 0 ? table.add(rows) : ''));
      if (rows.length === 0) note('no task hubs');
    },
  );
}

function createCommand(): Command {
  return clientCommand(
    {
      usage: 'create <name>',
      description: 'Make a task hub; one that exists is left as it is.',
      example: 'perdura hub create orders',
      isAboutHubs: true,
    },
    async ({ connection, args: [name = ''], isJson }) => {
      const { taskHubs } = await connection.call('ListTaskHubs', {});
      const isCreated = !taskHubs.some((hub) => hub.name === name);
      await connection.call('CreateTaskHub', {});
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
