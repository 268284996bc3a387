import { type Command, Option } from 'commander';
import { type OrchestrationState } from '../../protocol/messages.ts';
import { clientCommand } from '../client-command.ts';
import { toJson } from '../message-json.ts';
import { note, printResult, terminalWidth } from '../output.ts';
import { instanceSheet } from './sheet.ts';

export function showCommand(): Command {
  return clientCommand<{ readonly inputs?: true }>(
    {
      usage: 'show <id>',
      description: 'Show the state of an instance: status, times, custom status, failure.',
      example: 'perdura instance show order-17 --inputs',
      options: [new Option('--inputs', 'With input, output and the stack traces of failures.')],
    },
    async ({ connection, args: [id = ''], options: { inputs = false }, isJson }) => {
      const state = await connection.find(id, inputs);
      await printInstance(state, { isJson, isFull: inputs });
      if (!inputs && terminalWidth() !== undefined) note('(add --inputs for input, output and stack traces)');
    },
  );
}

/** Prints an instance as a sheet, or as JSON. */
export async function printInstance(
  state: OrchestrationState,
  { isJson, isFull }: { readonly isJson: boolean; readonly isFull: boolean },
): Promise<void> {
  await printResult(isJson, toJson(state), () => instanceSheet(state, { now: Date.now(), isFull }));
}
