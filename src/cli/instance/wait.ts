import { type Command, Option } from 'commander';
import { type OrchestrationState } from '../../protocol/messages.ts';
import { must } from '../../lib/assert.ts';
import { oneOf, whole } from '../../setting-kinds.ts';
import { clientCommand } from '../client-command.ts';
import { type Connection } from '../connection.ts';
import { CommandError } from '../exit-codes.ts';
import { valueOf } from '../option-values.ts';
import { printInstance } from './show.ts';
import { statusOf } from './status.ts';

/** Timers of Node, and so deadlines of calls, end at 2^31 milliseconds. */
export const waitSeconds = whole(1, 2_000_000);

const moments = ['started', 'completed'] as const;

interface WaitOptions {
  readonly timeout?: number;
  readonly for: (typeof moments)[number];
}

export function waitCommand(): Command {
  const moment = oneOf(moments);
  return clientCommand<WaitOptions>(
    {
      usage: 'wait <id>',
      description: 'Wait until an instance has ended, and show it. The exit code says how it ended.',
      example: 'perdura instance wait order-17 --timeout 60 && echo shipped',
      options: [
        new Option('--timeout <seconds>', 'Give up after so long (exit code 5). Default: never.').argParser(
          valueOf(waitSeconds),
        ),
        new Option(
          `--for <${moment.placeholder}>`,
          'What to wait for; started: its first turn is recorded, and how it goes on plays no part.',
        )
          .argParser(valueOf(moment))
          .default('completed'),
      ],
    },
    async ({ connection, args: [id = ''], options, isJson }) => {
      await connection.find(id);
      if (options.for === 'completed') await showEnd(connection, { id, seconds: options.timeout, isJson });
      else {
        const state = await waitFor(connection, 'WaitForInstanceStart', { id, seconds: options.timeout });
        await printInstance(state, { isJson, isFull: true });
      }
    },
  );
}

interface Waiting {
  readonly id: string;
  /** Undefined: as long as it takes. */
  readonly seconds: number | undefined;
}

/** Waits until an instance has ended and prints it; rejects unless it is COMPLETED. */
export async function showEnd(
  connection: Connection,
  { isJson, ...waiting }: Waiting & { readonly isJson: boolean },
): Promise<void> {
  const state = await waitFor(connection, 'WaitForInstanceCompletion', waiting);
  await printInstance(state, { isJson, isFull: true });
  const status = statusOf(state);
  if (status !== 'COMPLETED') throw new CommandError(`${waiting.id} has ended ${status}`, 'endedOtherwise');
}

async function waitFor(
  connection: Connection,
  rpc: 'WaitForInstanceStart' | 'WaitForInstanceCompletion',
  { id, seconds }: Waiting,
): Promise<OrchestrationState> {
  const request = { instanceId: id, getInputsAndOutputs: true };
  try {
    const answer = await connection.call(rpc, request, (seconds ?? Infinity) * 1000);
    return must(answer.orchestrationState, 'the state of an instance that was waited for');
  } catch (error) {
    if (!(error instanceof CommandError && error.exit === 'timeout')) throw error;
    throw new CommandError(
      `${id} is still ${statusOf(await connection.find(id))} after ${seconds ?? 0} s`,
      'timeout',
    );
  }
}
