import { Command } from 'commander';
import { isRpc } from '../auth/roles.ts';
import { fromMicros, toMicrosUp } from '../domain/time.ts';
import { type AuditFilter, type AuditPosition, type AuditRow } from '../postgres/audit-log.ts';
import { AuditTable } from '../postgres/audit-table.ts';
import { type Timestamp } from '../protocol/messages.ts';
import { hubName, type Kind, whole } from '../setting-kinds.ts';
import { addStoreOptions, openDefaultStore } from './default-store.ts';
import { isoTime, showTime } from './moments.ts';
import { momentOption, valueOf } from './option-values.ts';
import { note, print, printJsonList, terminalWidth } from './output.ts';
import { Table } from './text.ts';

const DEFAULT_ROWS = 50;
const MOST_ROWS = 1_000_000;

interface ListOptions {
  readonly since?: Timestamp;
  readonly hub?: string;
  readonly who?: string;
  readonly action?: string;
  readonly limit: number;
  readonly pageToken?: AuditPosition;
  readonly json?: true;
}

export function auditCommand(): Command {
  return new Command('audit').description('Look at who did what.').addCommand(listCommand());
}

/** What commands do, beside the rpcs. */
const ownActions: ReadonlySet<string> = new Set([
  ...['CreateApiKey', 'RotateApiKey', 'RevokeApiKey'],
  ...['BeginTaskHubMove', 'MoveTaskHub', 'AbortTaskHubMove'],
]);

const actionKind: Kind<string> = {
  placeholder: 'action',
  allowed: `an rpc such as TerminateInstance, or one of ${[...ownActions].join(', ')}`,
  parse: (given) => (isRpc(given) || ownActions.has(given) ? given : undefined),
};

/** Microseconds since 1970 and a UUID: where a page ended. */
const tokenKind: Kind<AuditPosition> = {
  placeholder: 'token',
  allowed: 'the token that a list ended with',
  parse(given) {
    const [, at, id] = /^(\d{1,16})-([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/.exec(given) ?? [];
    return id === undefined ? undefined : { at: Number(at), id };
  },
};

function listCommand(): Command {
  const command = addStoreOptions(new Command('list'), {
    description: 'List what the audit log has, the newest first.',
    example: 'perdura audit list --hub orders --action PurgeInstances --since 7d',
  });
  const option = <T>(flags: string, sentence: string, kind: Kind<T>) =>
    command.createOption(flags, sentence).argParser(valueOf(kind));
  command
    .addOption(option('--hub <name>', 'Only in this task hub.', hubName))
    .option('--who <name>', 'Only of this id or name of a key, subject of a token, or name of a certificate.')
    .addOption(option('--action <name>', `Only this: ${actionKind.allowed}.`, actionKind))
    .addOption(momentOption('--since <time>', 'Only what was done then or later', 'before'))
    .addOption(option('--limit <number>', 'So many at most.', whole(1, MOST_ROWS)).default(DEFAULT_ROWS))
    .addOption(option('--page-token <token>', 'Go on where a list has ended: it said the token.', tokenKind));
  return command.action(async () => {
    const options = command.opts<ListOptions>();
    const { address } = await openDefaultStore(command);
    await using table = await AuditTable.open(address);
    const pages = new Pages(table, options);
    if (options.json) await printJson(pages);
    else await printTable(pages);
  });
}

/** The steps of a search, made one by one until there is enough. */
class Pages {
  /** Where the next page goes on; undefined at the end. */
  next: AuditPosition | undefined;
  readonly #table: AuditTable;
  readonly #filter: AuditFilter;
  #left: number;

  constructor(table: AuditTable, { since, hub, who, action, limit, pageToken }: ListOptions) {
    this.#table = table;
    this.#filter = {
      ...{ hub: hub ?? null, who: who ?? null, action: action ?? null },
      since: since ? toMicrosUp(since) : null,
    };
    this.#left = limit;
    this.next = pageToken;
  }

  async *read(): AsyncGenerator<readonly AuditRow[]> {
    do {
      const { matches, last } = await this.#table.step(this.#filter, this.next);
      const page = matches.slice(0, this.#left);
      const end = page.at(-1);
      this.next = page.length < matches.length && end ? { at: end.at, id: end.entry_id } : last;
      this.#left -= page.length;
      yield page;
    } while (this.next !== undefined && this.#left > 0);
  }

  get token(): string | null {
    return this.next ? `${this.next.at}-${this.next.id}` : null;
  }
}

async function printJson(pages: Pages): Promise<void> {
  await printJsonList('entries', elements(pages), () => ({ nextPageToken: pages.token }));
}

async function* elements(pages: Pages): AsyncGenerator {
  for await (const page of pages.read()) yield* page.map(toElement);
}

function toElement(row: AuditRow) {
  const { action, hub, target, outcome, who, who_name: whoName, known_by: knownBy, peer } = row;
  return {
    at: isoTime(fromMicros(row.at)),
    ...{ action, hub: hub || null, target: target || null, outcome },
    ...{ who: who || null, whoName: whoName || null, knownBy, peer: peer || null },
  };
}

async function printTable(pages: Pages): Promise<void> {
  const table = new Table(
    [
      ...[{ title: 'TIME' }, { title: 'ACTION' }, { title: 'HUB' }],
      ...[{ title: 'TARGET', cut: 'end' as const }, { title: 'OUTCOME' }],
      ...[{ title: 'WHO', cut: 'middle' as const }, { title: 'FROM' }],
    ],
    terminalWidth(),
  );
  let isEmpty = true;
  for await (const page of pages.read()) {
    if (page.length === 0) continue;
    await print(table.add(page.map(cellsOf)));
    isEmpty = false;
  }
  if (pages.token !== null) note(`(there may be more: --page-token ${pages.token})`);
  else if (isEmpty) note('no entries');
}

function cellsOf(row: AuditRow): string[] {
  const who = [row.who_name, row.who && row.who_name ? `(${row.who})` : row.who].filter(Boolean).join(' ');
  return [
    ...[showTime(fromMicros(row.at)), row.action, row.hub, row.target, row.outcome],
    ...[who || row.known_by, row.peer],
  ];
}
