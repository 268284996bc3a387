import { type Command, Option } from 'commander';
import { type TerminalStatus } from '../../domain/instance.ts';
import { wireStatuses } from '../../domain/wire-status.ts';
import { clientCommand } from '../client-command.ts';
import { type Connection } from '../connection.ts';
import { CommandError } from '../exit-codes.ts';
import { statusOption } from '../option-values.ts';
import { note, printResult } from '../output.ts';
import { escapeText } from '../text.ts';
import { countMatches, countOf, createdIn, createdOptions, type Filter } from './pages.ts';
import { isEnded, statusOf } from './status.ts';

/** The server stops after so long and is asked again, so that no call becomes too long for what lies between. */
const STEP_SECONDS = 20;
const STEP_TIMEOUT_MS = 60_000;

const ended: readonly TerminalStatus[] = ['completed', 'failed', 'terminated'];

interface PurgeOptions extends Filter {
  readonly recursive?: true;
  readonly yes?: true;
}

export function purgeCommand(): Command {
  return clientCommand<PurgeOptions>(
    {
      usage: 'purge [ids...]',
      description: 'Remove ended instances with their histories: those with these ids, or all that match.',
      example: 'perdura instance purge --status completed,terminated --until 30d --yes',
      options: [
        statusOption(ended),
        ...createdOptions,
        new Option('--recursive', 'Their children that have ended as well.'),
        new Option('--yes', 'Needed without ids; else it only says how many match.'),
      ],
    },
    async ({ connection, args: ids, options, isJson }) => {
      checkSelection(ids, options);
      if (ids.length === 0) await purgeMatching(connection, options, isJson);
      else await purgeIds(connection, { ids, isRecursive: options.recursive === true, isJson });
    },
  );
}

function checkSelection(ids: readonly string[], { status, since, until }: PurgeOptions): void {
  const isFiltered = status !== undefined || since !== undefined || until !== undefined;
  if (isFiltered === ids.length > 0) {
    throw new CommandError('name the instances, or say which by --status, --since and --until', 'usage');
  }
}

interface IdPurge {
  readonly ids: readonly string[];
  readonly isRecursive: boolean;
  readonly isJson: boolean;
}

/** One by one, so that it can be said what became of each. */
async function purgeIds(connection: Connection, { ids, isRecursive, isJson }: IdPurge): Promise<void> {
  const kept: { readonly instanceId: string; readonly reason: string }[] = [];
  let purged = 0;
  let isUnknown = false;
  for (const instanceId of ids) {
    try {
      const status = statusOf(await connection.find(instanceId));
      if (isEnded(status)) {
        const request = { instanceId, recursive: isRecursive };
        purged += (await connection.call('PurgeInstances', request)).deletedInstanceCount;
      } else kept.push({ instanceId, reason: `${instanceId} is ${status}: terminate it first` });
    } catch (error) {
      if (!(error instanceof CommandError && error.exit === 'notFound')) throw error;
      kept.push({ instanceId, reason: error.message });
      isUnknown = true;
    }
  }
  await printResult(isJson, { purged, kept }, () => `purged ${countOf(purged)}\n`);
  for (const { reason } of kept) note(`perdura: ${escapeText(reason)}`);
  if (kept.length > 0) {
    const message = `${kept.length} of ${ids.length} ids: nothing was purged`;
    throw new CommandError(message, isUnknown ? 'notFound' : 'error');
  }
}

async function purgeMatching(connection: Connection, options: PurgeOptions, isJson: boolean): Promise<void> {
  if (!options.yes) throw new CommandError(await describeMatches(connection, options), 'usage');
  const purgeInstanceFilter = { ...createdIn(options), timeout: { seconds: STEP_SECONDS, nanos: 0 } };
  const request = { purgeInstanceFilter, recursive: options.recursive === true };
  let purged = 0;
  for (;;) {
    const step = await connection.call('PurgeInstances', request, STEP_TIMEOUT_MS);
    purged += step.deletedInstanceCount;
    if (step.isComplete?.value !== false) break;
    note(`(purged ${countOf(purged)} so far)`);
    if (step.deletedInstanceCount === 0) {
      throw new CommandError('the server finds no more in good time: narrow it by --since and --until');
    }
  }
  await printResult(isJson, { purged, kept: [] }, () => `purged ${countOf(purged)}\n`);
}

async function describeMatches(connection: Connection, options: PurgeOptions): Promise<string> {
  // Without a status the server purges whatever has ended.
  const filter = { ...options, status: options.status ?? ended.map((status) => wireStatuses[status]) };
  return `${await countMatches(connection, filter)} would be purged: say --yes to do it`;
}
