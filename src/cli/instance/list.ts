import { type Command, Option } from 'commander';
import { type InstanceStatus } from '../../domain/instance.ts';
import { wireStatuses } from '../../domain/wire-status.ts';
import { type OrchestrationState } from '../../protocol/messages.ts';
import { whole } from '../../setting-kinds.ts';
import { clientCommand } from '../client-command.ts';
import { toJson } from '../message-json.ts';
import { showAge } from '../moments.ts';
import { statusOption, valueOf } from '../option-values.ts';
import { note, print, printJsonList, terminalWidth } from '../output.ts';
import { Table } from '../text.ts';
import { createdOptions, type Filter, Pages } from './pages.ts';
import { statusOf, styledStatus } from './status.ts';

const DEFAULT_ROWS = 50;
const MOST_ROWS = 1_000_000;

interface ListOptions extends Filter {
  readonly limit: number;
  readonly all?: true;
  readonly pageToken?: string;
}

export function listCommand(): Command {
  const limit = whole(1, MOST_ROWS);
  return clientCommand<ListOptions>(
    {
      usage: 'list',
      description: 'List instances, oldest first.',
      example: 'perdura instance list --status failed,running --since 2h',
      options: [
        statusOption(Object.keys(wireStatuses) as InstanceStatus[]),
        ...createdOptions,
        new Option('--prefix <text>', 'Only instances whose id begins so.'),
        new Option('--limit <number>', 'So many at most.').argParser(valueOf(limit)).default(DEFAULT_ROWS),
        new Option('--all', 'All there are.').conflicts('limit'),
        new Option('--page-token <token>', 'Go on where a list has ended: it said the token.'),
      ],
    },
    async ({ connection, options, isJson }) => {
      const { limit: rows, all, pageToken = null, ...filter } = options;
      const pages = new Pages(connection, { filter, limit: all ? Infinity : rows, next: pageToken });
      if (isJson) await printJsonList('instances', elements(pages), () => ({ nextPageToken: pages.next }));
      else await printTable(pages);
    },
  );
}

async function* elements(pages: Pages): AsyncGenerator {
  for await (const page of pages.read()) yield* page.map(toJson);
}

async function printTable(pages: Pages): Promise<void> {
  const table = new Table(
    [
      { title: 'ID', cut: 'middle' },
      { title: 'NAME', cut: 'end' },
      { title: 'STATUS', style: styledStatus },
      { title: 'CREATED' },
      { title: 'UPDATED' },
    ],
    terminalWidth(),
  );
  let isEmpty = true;
  for await (const page of pages.read()) {
    if (page.length === 0) continue;
    const now = Date.now();
    await print(table.add(page.map((state) => cellsOf(state, now))));
    isEmpty = false;
  }
  if (pages.next !== null) note(`(there may be more: --page-token ${pages.next}, or --all)`);
  else if (isEmpty) note('no instances');
}

function cellsOf(state: OrchestrationState, now: number): string[] {
  const { createdTimestamp, lastUpdatedTimestamp } = state;
  const times = [createdTimestamp, lastUpdatedTimestamp].map((time) => (time ? showAge(time, now) : ''));
  return [state.instanceId, state.name, statusOf(state), ...times];
}
