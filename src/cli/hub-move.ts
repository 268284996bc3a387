import { Argument, Command, Option } from 'commander';
import { StartupError } from '../lib/startup-error.ts';
import { type MovedTable } from '../postgres/copy-hub.ts';
import { abortMove, type Move, moveHub, type MoveStep } from '../postgres/move-hub.ts';
import { hubName } from '../setting-kinds.ts';
import { storesOf } from '../store-settings.ts';
import { version } from '../version.ts';
import { addExample, addJsonOption } from './client-command.ts';
import { CommandError } from './exit-codes.ts';
import { valueOf } from './option-values.ts';
import { note, printResult } from './output.ts';
import { addSettingOptions, settingsOf } from './setting-options.ts';
import { escapeText } from './text.ts';

interface MoveFlags {
  readonly to?: string;
  readonly abort?: true;
  readonly json?: true;
}

/** Talks to the databases, not to a server: it outlives their restarts, and needs the settings of `serve`. */
export function moveCommand(): Command {
  const command = new Command('move')
    .description(
      'Move a task hub to another store. Its calls get UNAVAILABLE until it is there; servers go on running.',
    )
    .addArgument(new Argument('<name>').argParser(valueOf(hubName)))
    .addOption(new Option('--to <store>', 'The store that it goes to.'))
    .addOption(new Option('--abort', 'End a move that broke off: it goes on where it was.'));
  addSettingOptions(command, ['databaseUrl', 'databaseSchema', 'stores']);
  addJsonOption(command);
  addExample(command, 'perdura hub move orders --to eu');
  return command.action(async () => {
    const { to, abort: isAborted = false, json: isJson = false } = command.opts<MoveFlags>();
    if ((to === undefined) !== isAborted) {
      throw new CommandError('say where to with --to, or end a move that broke off with --abort', 'usage');
    }
    const move = { ...moveOf(command), hub: command.args[0] ?? '' };
    if (to === undefined) await abort(move, isJson);
    else await run(move, to, isJson);
  });
}

function moveOf(command: Command): Omit<Move, 'hub'> {
  const { databaseUrl, ...settings } = settingsOf('migrate', command);
  if (databaseUrl === undefined) {
    throw new StartupError('hub move needs the databases: set PERDURA_DATABASE_URL, and PERDURA_STORES');
  }
  return { stores: storesOf({ ...settings, databaseUrl }), version, onStep: showStep, onBytes: showBytes() };
}

async function run(move: Move, to: string, isJson: boolean): Promise<void> {
  const moved = await moveHub(move, to);
  const { hub: name } = move;
  const shown = { name, store: to, isMoved: moved !== undefined, rows: moved?.rows ?? null };
  await printResult(isJson, shown, () => {
    const hub = `task hub ${escapeText(name)}`;
    if (!moved) return `${hub} is in the store ${to} already\n`;
    const instances = moved.rows ? `, with ${moved.rows.instances} instances` : '';
    return `moved ${hub} from the store ${moved.from} to ${to}${instances}\n`;
  });
}

async function abort(move: Move, isJson: boolean): Promise<void> {
  const { hub: name } = move;
  const store = await abortMove(move);
  await printResult(
    isJson,
    { name, store, isMoved: false, rows: null },
    () => `task hub ${escapeText(name)} goes on in the store ${store}\n`,
  );
}

const sentences: Readonly<Record<MoveStep, string>> = {
  marked: 'pausing: every server of its store starts over',
  paused: 'paused; copying',
  copied: 'copied; committing',
  arrived: 'it is in its new store, and served',
  placed: 'its name belongs there',
  left: 'what was left behind is being deleted',
};

function showStep(step: MoveStep): void {
  note(sentences[step]);
}

const SHOW_EVERY_MS = 2_000;

function showBytes(): Move['onBytes'] {
  let shownAt = performance.now();
  return (table: MovedTable, bytes) => {
    if (performance.now() - shownAt < SHOW_EVERY_MS) return;
    shownAt = performance.now();
    note(`copying ${table}: ${(bytes / 1e6).toFixed(0)} MB`);
  };
}
