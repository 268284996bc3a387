import { Argument, Command, Option } from 'commander';
import { StartupError } from '../lib/startup-error.ts';
import { type MovedTable } from '../postgres/copy-hub.ts';
import { abortMove, type Move, moveHub, type MoveStep, UnknownHubError } from '../postgres/move-hub.ts';
import { hubName } from '../setting-kinds.ts';
import { storesOf } from '../store-settings.ts';
import { version } from '../version.ts';
import { addExample, addJsonOption } from './client-command.ts';
import { operatorOf } from './default-store.ts';
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
    const progress = new Progress();
    const move = moveOf(command, progress);
    try {
      if (to === undefined) await abort(move, isJson);
      else await run(move, { to, isJson, progress });
    } catch (error) {
      throw error instanceof UnknownHubError ? new CommandError(error.message, 'notFound') : error;
    }
  });
}

function moveOf(command: Command, progress: Progress): Move {
  const { databaseUrl, ...settings } = settingsOf('migrate', command);
  if (databaseUrl === undefined) {
    throw new StartupError('hub move needs the databases: set PERDURA_DATABASE_URL, and PERDURA_STORES');
  }
  return {
    ...{ stores: storesOf({ ...settings, databaseUrl }), hub: command.args[0] ?? '', version },
    operator: operatorOf(settings),
    onStep: (step) => {
      progress.step(step);
    },
    onBytes: (table, bytes) => {
      progress.copied(table, bytes);
    },
    onSilent: (servers) => {
      note(`${servers} servers have not noticed in time: frozen ones may answer reads from before the move`);
    },
  };
}

interface Run {
  readonly to: string;
  readonly isJson: boolean;
  readonly progress: Progress;
}

async function run(move: Move, { to, isJson, progress }: Run): Promise<void> {
  const moved = await moveHub(move, to);
  const { hub: name } = move;
  const { bytes, pausedMs } = progress;
  const copied = moved?.rows
    ? { rows: moved.rows, bytes, pausedMs }
    : { rows: null, bytes: null, pausedMs: null };
  const shown = { name, store: to, isMoved: moved !== undefined, ...copied };
  await printResult(isJson, shown, () => {
    const hub = `task hub ${escapeText(name)}`;
    if (!moved) return `${hub} is in the store ${to} already\n`;
    const what = moved.rows
      ? `: ${moved.rows.instances} instances, ${megabytes(bytes)} MB, paused for ${(pausedMs / 1000).toFixed(1)} s`
      : '';
    return `moved ${hub} from the store ${moved.from} to ${to}${what}\n`;
  });
}

async function abort(move: Move, isJson: boolean): Promise<void> {
  const { hub: name } = move;
  const store = await abortMove(move);
  await printResult(
    isJson,
    { name, store, isMoved: false, rows: null, bytes: null, pausedMs: null },
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

const SHOW_EVERY_MS = 2_000;

/** Shows on standard error how far a move is, and knows how much it was. */
class Progress {
  readonly #bytes = new Map<MovedTable, number>();
  #shownAt = performance.now();
  #markedAt = NaN;
  /** From the mark until the hub was served again. */
  pausedMs = 0;

  get bytes(): number {
    return [...this.#bytes.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  step(step: MoveStep): void {
    note(sentences[step]);
    if (step === 'marked') this.#markedAt = performance.now();
    if (step === 'arrived') this.pausedMs = Math.round(performance.now() - this.#markedAt);
  }

  copied(table: MovedTable, bytes: number): void {
    this.#bytes.set(table, bytes);
    if (performance.now() - this.#shownAt < SHOW_EVERY_MS) return;
    this.#shownAt = performance.now();
    note(`copying ${table}: ${megabytes(bytes)} MB`);
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
