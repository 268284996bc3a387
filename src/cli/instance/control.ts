import { type Command, Option } from 'commander';
import { clientCommand } from '../client-command.ts';
import { type Connection } from '../connection.ts';
import { CommandError } from '../exit-codes.ts';
import { toJson } from '../message-json.ts';
import { jsonOption } from '../option-values.ts';
import { printResult } from '../output.ts';
import { escapeText } from '../text.ts';
import { isEnded, statusOf, styledStatus } from './status.ts';

// Commands that do something to one instance and then say what it is now. The protocol answers OK when there is nothing
// to do it to; a person wants to know.

const reason = (sentence = 'Why, for the history.'): Option => new Option('--reason <text>', sentence);

export function raiseCommand(): Command {
  return clientCommand<{ readonly data?: { readonly value: string } }>(
    {
      usage: 'raise <id> <event>',
      description: 'Raise an event for an instance, by the name that the orchestrator waits for.',
      example: `perdura instance raise order-17 Approved --data '{"by": "ann"}'`,
      options: [jsonOption('--data <json>', 'What the event carries')],
    },
    async ({ connection, args: [id = '', name = ''], options: { data = null }, isJson }) => {
      await findLiving(connection, id);
      await connection.call('RaiseEvent', { instanceId: id, name, input: data });
      await printStatus(connection, id, { isJson, done: `raised ${name}` });
    },
  );
}

export function terminateCommand(): Command {
  return clientCommand<{
    readonly output?: { readonly value: string };
    readonly reason?: string;
    readonly recursive?: true;
  }>(
    {
      usage: 'terminate <id>',
      description: 'End an instance, whatever it is doing.',
      example: 'perdura instance terminate order-17 --reason "sent twice" --recursive',
      options: [
        reason('Why; a text that becomes its output.'),
        jsonOption('--output <json>', 'Its output, instead').conflicts('reason'),
        new Option('--recursive', 'Its children as well.'),
      ],
    },
    async ({ connection, args: [id = ''], options, isJson }) => {
      const { reason: why, output = why === undefined ? null : { value: JSON.stringify(why) } } = options;
      await findLiving(connection, id);
      await connection.call('TerminateInstance', {
        ...{ instanceId: id, output, recursive: options.recursive === true },
      });
      await printStatus(connection, id, { isJson });
    },
  );
}

interface Reasoned {
  readonly reason?: string;
}

const reasoned = {
  suspend: {
    rpc: 'SuspendInstance',
    description: 'Give an instance no more turns; activities under way go on.',
    isForLiving: true,
  },
  resume: { rpc: 'ResumeInstance', description: 'Let a suspended instance go on.', isForLiving: true },
  rewind: {
    rpc: 'RewindInstance',
    description: 'Let a failed instance do what failed once more; what succeeded is kept.',
    isForLiving: false,
  },
} as const;

export function reasonedCommand(name: keyof typeof reasoned): Command {
  const { rpc, description, isForLiving } = reasoned[name];
  return clientCommand<Reasoned>(
    {
      usage: `${name} <id>`,
      description,
      example: `perdura instance ${name} order-17 --reason "the bank is down"`,
      options: [reason()],
    },
    async ({ connection, args: [id = ''], options, isJson }) => {
      if (isForLiving) await findLiving(connection, id);
      const why = options.reason === undefined ? null : { value: options.reason };
      await connection.call(rpc, { instanceId: id, reason: why });
      await printStatus(connection, id, { isJson });
    },
  );
}

export function restartCommand(): Command {
  return clientCommand<{ readonly newId?: true }>(
    {
      usage: 'restart <id>',
      description: 'Start an instance again as it was started before. It must have ended.',
      example: 'perdura instance restart order-17 --new-id',
      options: [
        new Option(
          '--new-id',
          'Beside it, under an id that the server makes; then it need not have ended. Default: in its place.',
        ),
      ],
    },
    async ({ connection, args: [id = ''], options: { newId = false }, isJson }) => {
      const request = { instanceId: id, restartWithNewInstanceId: newId };
      const { instanceId } = await connection.call('RestartInstance', request);
      await printStatus(connection, instanceId, { isJson, done: 'restarted' });
    },
  );
}

async function findLiving(connection: Connection, id: string): Promise<void> {
  const status = statusOf(await connection.find(id));
  if (isEnded(status)) throw new CommandError(`${id} has ended ${status}: nothing was done`);
}

async function printStatus(
  connection: Connection,
  id: string,
  { isJson, done }: { readonly isJson: boolean; readonly done?: string },
): Promise<void> {
  const state = await connection.find(id);
  const status = statusOf(state);
  const prefix = done === undefined ? '' : `${escapeText(done)}; `;
  await printResult(
    isJson,
    toJson(state),
    () => `${prefix}${escapeText(id)} is ${styledStatus(status, status)}\n`,
  );
}
