import { Command, Option } from 'commander';
import { openKeyRing } from '../encryption.ts';
import { StartupError } from '../lib/startup-error.ts';
import { CLEAR, type KeyRing } from '../postgres/key-ring.ts';
import { type Usage } from '../postgres/payload-usage.ts';
import { type Rotated, rotateKeys, statusOf } from '../postgres/rotate-keys.ts';
import { prepareStore } from '../prepare-store.ts';
import { type NamedStore, storesOf } from '../store-settings.ts';
import { createLogger } from '../telemetry/log.ts';
import { addExample, addJsonOption } from './client-command.ts';
import { dataDirsOf } from './data-dirs.ts';
import { findDatabase } from './doctor/find-database.ts';
import { CommandError } from './exit-codes.ts';
import { endWithReader, note, printResult, terminalWidth } from './output.ts';
import { addSettingOptions, settingsOf } from './setting-options.ts';
import { escapeText, Table } from './text.ts';

/** They open the databases of all stores, with the settings of `serve`; servers go on running. */
export function encryptionCommand(): Command {
  const command = new Command('encryption').description(
    'See with which keys payloads are encrypted, and encrypt them with another one.',
  );
  return command.addCommand(statusCommand()).addCommand(rotateCommand());
}

interface StoreUsage extends Usage {
  readonly store: string;
}

function statusCommand(): Command {
  const command = new Command('status').description(
    'Count stored payloads by the key that they are encrypted with. Reads every row once.',
  );
  addSettingOptions(command, ['databaseUrl', 'databaseSchema', 'stores', 'dataDir']);
  addJsonOption(command);
  addExample(command, 'perdura encryption status');
  return command.action(async () => {
    const rows: StoreUsage[] = [];
    for (const store of await openStores(command)) {
      rows.push(...(await statusOf(store)).map((usage) => ({ store: store.name, ...usage })));
    }
    await printResult(isJson(command), { payloads: rows }, () => tableOf(rows));
    if (rows.length === 0) note('nothing is stored yet');
  });
}

function rotateCommand(): Command {
  const command = new Command('rotate')
    .description(
      'Encrypt all stored payloads with the first key. Servers go on running; what broke off goes on with the next call.',
    )
    .addOption(new Option('--decrypt', 'Store them as they are instead, without encryption.'));
  addSettingOptions(command, ['databaseUrl', 'databaseSchema', 'stores', 'dataDir', 'encryptionKeysFile']);
  addJsonOption(command);
  addExample(command, 'PERDURA_ENCRYPTION_KEYS_FILE=keys perdura encryption rotate');
  return command.action(async () => {
    const ring = ringOf(command);
    const all: (Rotated & { readonly store: string })[] = [];
    for (const store of await openStores(command)) {
      const progress = new Progress(store.name);
      all.push({ store: store.name, ...(await rotateKeys(store, ring, progress.show)) });
    }
    const document = all.map(({ forgotten, ...rest }) => ({ ...rest, unusedKeys: forgotten }));
    await printResult(isJson(command), { stores: document }, () =>
      all.map((rotated) => describe(rotated, ring)).join(''),
    );
    const unfinished = all.filter(({ left, writers }) => left.length > 0 || writers.length > 0);
    if (unfinished.length > 0) throw new CommandError(unfinished.map(whyUnfinished).join('; '));
  });
}

function ringOf(command: Command): KeyRing {
  const ring = openKeyRing(settingsOf('migrate', command));
  if (command.opts()['decrypt'] === true) return ring.withoutSealing();
  if (ring.sealing !== undefined) return ring;
  throw new StartupError(
    `there is no key to encrypt with: name it first in PERDURA_ENCRYPTION_KEYS_FILE, not '${CLEAR}', or say --decrypt`,
  );
}

function describe({ store, values, forgotten }: Rotated & { readonly store: string }, ring: KeyRing): string {
  const how = ring.sealing === undefined ? 'decrypted' : `encrypted with the key '${ring.sealing}'`;
  const keys = forgotten.map((id) => `'${id}'`).join(', ');
  const free = keys === '' ? '' : `; nothing needs these keys any more: ${keys}`;
  return `store ${store}: ${values} payloads ${how}${free}\n`;
}

function whyUnfinished({ store, left, unreadable, writers }: Rotated & { readonly store: string }): string {
  const count = left.reduce((sum, { values }) => sum + values, 0);
  const reasons = [
    ...(unreadable > 0 ? [`${unreadable} can't be read`] : []),
    ...(writers.length > 0
      ? [
          `these servers go on writing otherwise, restart them with this key ring first: ${writers.join(', ')}`,
        ]
      : []),
  ];
  const why = reasons.length > 0 ? reasons.join('; ') : 'run it again';
  return `store ${store}: ${count} payloads are not as they should be; ${why}`;
}

const SHOW_EVERY_MS = 2_000;

/** Shows on standard error how far it is. */
class Progress {
  readonly #store: string;
  #shownAt = performance.now();

  constructor(store: string) {
    this.#store = store;
  }

  readonly show = (table: string, done: number): void => {
    if (performance.now() - this.#shownAt < SHOW_EVERY_MS) return;
    this.#shownAt = performance.now();
    note(`store ${this.#store}, ${table}: ${Math.floor(done * 100)} %`);
  };
}

/** All stores, with the schema of this program as `serve` would bring it. */
async function openStores(command: Command): Promise<readonly NamedStore[]> {
  endWithReader();
  const settings = settingsOf('migrate', command);
  const found = findDatabase(settings, dataDirsOf(command, settings));
  if (!found) {
    throw new StartupError(
      'encryption needs the database: set PERDURA_DATABASE_URL (or PERDURA_DATA_DIR to the folder of a "perdura dev" that runs)',
    );
  }
  const stores = storesOf({ ...settings, databaseUrl: found.url });
  const log = createLogger({ level: 'warn', format: 'auto', destination: process.stderr });
  for (const store of stores) await prepareStore(store, log);
  return stores;
}

function tableOf(rows: readonly StoreUsage[]): string {
  if (rows.length === 0) return '';
  const titles = ['STORE', 'TABLE', 'KEY', 'PAYLOADS'].map((title) => ({ title }));
  const cells = rows.map(({ store, table, keyId, values }) => [
    ...[store, table, keyId === null ? '(not encrypted)' : escapeText(keyId), String(values)],
  ]);
  return new Table(titles, terminalWidth()).add(cells);
}

function isJson(command: Command): boolean {
  return command.opts()['json'] === true;
}
