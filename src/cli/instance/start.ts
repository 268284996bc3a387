import { type Command, Option } from 'commander';
import { type Timestamp } from '../../protocol/messages.ts';
import { clientCommand } from '../client-command.ts';
import { jsonOption, momentOption, tagOption, valueOf } from '../option-values.ts';
import { printResult } from '../output.ts';
import { escapeText } from '../text.ts';
import { showEnd, waitSeconds } from './wait.ts';

interface StartOptions {
  readonly id?: string;
  readonly input?: { readonly value: string };
  readonly version?: string;
  readonly at?: Timestamp;
  readonly tag?: Record<string, string>;
  readonly wait?: true | number;
}

export function startCommand(): Command {
  return clientCommand<StartOptions>(
    {
      usage: 'start <name>',
      description: 'Start an orchestration by the name of its orchestrator.',
      example: `perdura instance start Order --id order-17 --input '{"amount": 3}' --wait 30`,
      options: [
        new Option('--id <id>', 'Id of the instance. Default: the server makes one.'),
        jsonOption('--input <json>', 'Its input'),
        new Option('--version <version>', 'Version of the orchestrator.'),
        momentOption('--at <time>', 'Start then, not now', 'after'),
        tagOption(),
        new Option(
          '--wait [seconds]',
          'Wait until it has ended, so many seconds at most, and show it, as "wait" does.',
        ).argParser(valueOf(waitSeconds)),
      ],
    },
    async ({ connection, args: [name = ''], options, isJson }) => {
      const { id = '', input = null, version, at = null, tag = {}, wait } = options;
      const { instanceId } = await connection.call('StartInstance', {
        ...{ name, instanceId: id, input, scheduledStartTimestamp: at, tags: tag },
        version: version === undefined ? null : { value: version },
      });
      if (wait === undefined) {
        await printResult(isJson, { instanceId }, () => `started ${escapeText(instanceId)}\n`);
      } else await showEnd(connection, { id: instanceId, seconds: wait === true ? undefined : wait, isJson });
    },
  );
}
