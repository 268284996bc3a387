import { Argument, Command, type Option } from 'commander';
import { newApiKey } from '../auth/api-key.ts';
import { isRole, type Role, roles, roleTitles } from '../auth/roles.ts';
import { fromMicros, type Micros } from '../domain/time.ts';
import { ApiKeyTable } from '../postgres/api-key-table.ts';
import { type Kind, span } from '../setting-kinds.ts';
import { addStoreOptions, openDefaultStore, operatorOf } from './default-store.ts';
import { CommandError } from './exit-codes.ts';
import { isoTime, showAge } from './moments.ts';
import { valueOf } from './option-values.ts';
import { note, print, printResult, terminalWidth } from './output.ts';
import { escapeText, Table } from './text.ts';

/** Keys live in the default store; these commands open it, with the settings of `serve`. */
export function keyCommand(): Command {
  const command = new Command('key').description('Make, list, replace and revoke API keys.');
  for (const each of [createCommand(), listCommand(), rotateCommand(), revokeCommand()]) {
    command.addCommand(each);
  }
  return command;
}

interface Created {
  readonly name: string;
  readonly role: Role;
  readonly hub: string;
  readonly expires?: number;
}

const roleKind: Kind<Role> = {
  placeholder: 'role',
  allowed: `one of ${roles.map((role) => `${role} (${roleTitles[role]})`).join(', ')}`,
  parse(given) {
    const role = given.toLowerCase();
    if (isRole(role)) return role;
    return roles.find((known) => roleTitles[known].toLowerCase() === role);
  },
};

const hubPattern: Kind<string> = {
  placeholder: 'pattern',
  allowed: 'the name of a task hub, in which * stands for any characters: 1 to 64, printable, no comma',
  parse: (given) => (/^[\x21-\x2b\x2d-\x7e]{1,64}$/.test(given) ? given : undefined),
};

const keyName: Kind<string> = {
  placeholder: 'name',
  allowed: '1 to 100 characters',
  parse: (given) => (/^\P{Cc}{1,100}$/u.test(given) ? given : undefined),
};

const keyId: Kind<string> = {
  placeholder: 'id',
  allowed: 'the id of a key, 16 hex digits: "perdura key list" shows them',
  parse: (given) => (/^[0-9a-f]{16}$/.test(given) ? given : undefined),
};

function createCommand(): Command {
  const command = databaseCommand(
    'create',
    'Make a key. It is shown once: the database keeps only its hash.',
    'perdura key create --name "orders worker" --role worker --hub orders --expires 90d',
  );
  const option = <T>(flags: string, sentence: string, kind: Kind<T>): Option =>
    command.createOption(flags, `${sentence}: ${kind.allowed}.`).argParser(valueOf(kind));
  command
    .addOption(option('--name <name>', 'What it is for', keyName).makeOptionMandatory())
    .addOption(option('--role <role>', 'What it may do', roleKind).makeOptionMandatory())
    .addOption(option('--hub <pattern>', 'Where', hubPattern).makeOptionMandatory())
    .addOption(option('--expires <span>', 'How long it counts; for ever when unset', span));
  return command.action(async () => {
    const { name, role, hub, expires } = command.opts<Created>();
    await using keys = await openKeys(command);
    const { hash, ...key } = newApiKey();
    const made = await keys.insert({
      ...{ id: key.id, hash, name, role, hubs: hub },
      expiresInSeconds: expires,
    });
    if (!made) throw new CommandError('there are too many keys: revoke some');
    await showNew(command, { ...key, name, role, hub, expiresAt: made.expiresAt });
  });
}

function rotateCommand(): Command {
  const command = databaseCommand(
    'rotate',
    'Make a key that may do the same as another one, which ends a while later.',
    'perdura key rotate 0123456789abcdef --keep-old 1h',
  ).addArgument(idArgument());
  command.addOption(
    command
      .createOption('--keep-old <span>', `How long the old one still counts: ${span.allowed}.`)
      .argParser(valueOf(span))
      .default(86_400, '24h'),
  );
  return command.action(async () => {
    const { keepOld } = command.opts<{ readonly keepOld: number }>();
    const id = command.args[0] ?? '';
    await using keys = await openKeys(command);
    const { hash, ...key } = newApiKey();
    const made = await keys.replace(id, keepOld, { id: key.id, hash });
    if (!made) throw noSuchKey(id);
    const { name, role, hubs: hub, expiresAt } = made;
    await showNew(command, { ...key, name, role, hub, expiresAt });
  });
}

function revokeCommand(): Command {
  const command = databaseCommand(
    'revoke',
    'End a key. Servers notice within ten seconds.',
    'perdura key revoke 0123456789abcdef',
  ).addArgument(idArgument());
  return command.action(async () => {
    const id = command.args[0] ?? '';
    await using keys = await openKeys(command);
    const name = await keys.revoke(id);
    if (name === undefined) throw noSuchKey(id);
    await printResult(isJson(command), { id, name }, () => `revoked ${id} (${escapeText(name)})\n`);
  });
}

function listCommand(): Command {
  const command = databaseCommand('list', 'List the keys, the newest first.', 'perdura key list');
  return command.action(async () => {
    await using keys = await openKeys(command);
    const rows = await keys.list();
    const shown = rows.map(({ key_id: id, name, role, hubs: hub, is_valid: isValid, ...times }) => ({
      ...{ id, name, role, hub, isValid },
      ...{ createdAt: toIso(times.created_at), expiresAt: toIso(times.expires_at) },
      revokedAt: toIso(times.revoked_at),
    }));
    await printResult(isJson(command), { keys: shown }, () => {
      const table = new Table(
        ['ID', 'NAME', 'ROLE', 'HUB', 'CREATED', 'ENDS'].map((title) => ({ title })),
        terminalWidth(),
      );
      const cells = rows.map((row) => [
        ...[row.key_id, row.name, row.role, row.hubs],
        ...[showAge(fromMicros(row.created_at), Date.now()), endOf(row)],
      ]);
      return cells.length > 0 ? table.add(cells) : '';
    });
    if (rows.length === 0) note('no keys; "perdura key create" makes one');
  });
}

function endOf(row: { readonly expires_at: Micros | null; readonly revoked_at: Micros | null }): string {
  if (row.revoked_at !== null) return `revoked ${showAge(fromMicros(row.revoked_at), Date.now())}`;
  return row.expires_at === null ? 'never' : showAge(fromMicros(row.expires_at), Date.now());
}

function databaseCommand(name: string, description: string, example: string): Command {
  return addStoreOptions(new Command(name), { description, example });
}

function idArgument(): Argument {
  return new Argument('<id>').argParser(valueOf(keyId));
}

function noSuchKey(id: string): CommandError {
  return new CommandError(`no key ${id} that counts; "perdura key list" shows what there is`, 'notFound');
}

function isJson(command: Command): boolean {
  return command.opts()['json'] === true;
}

async function openKeys(command: Command): Promise<ApiKeyTable> {
  const { address, settings } = await openDefaultStore(command);
  return ApiKeyTable.open(address, operatorOf(settings));
}

interface Shown {
  readonly id: string;
  readonly text: string;
  readonly name: string;
  readonly role: string;
  readonly hub: string;
  readonly expiresAt: Micros | null;
}

/** The key alone on standard output, so that it can be piped into a secret; what it is goes beside it. */
async function showNew(command: Command, { text: key, expiresAt, ...about }: Shown): Promise<void> {
  const document = { ...about, expiresAt: toIso(expiresAt), key };
  if (isJson(command)) {
    await printResult(true, document, () => '');
    return;
  }
  const end = expiresAt === null ? 'never expires' : `expires ${toIso(expiresAt) ?? ''}`;
  note(
    `key ${about.id} (${escapeText(about.name)}): ${about.role} in ${about.hub}, ${end}; it is not shown again:`,
  );
  await print(`${key}\n`);
}

function toIso(time: Micros | null): string | null {
  return time === null ? null : isoTime(fromMicros(time));
}
