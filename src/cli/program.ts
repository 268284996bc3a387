import { Command, CommanderError } from 'commander';
import { StartupError } from '../lib/startup-error.ts';
import { version } from '../version.ts';
import { benchCommand } from './bench.ts';
import { devCommand } from './dev.ts';
import { migrateCommand } from './migrate.ts';
import { serveCommand } from './serve.ts';

const commands = [devCommand, serveCommand, migrateCommand, benchCommand];

/** Runs one command and returns the exit code of the program. */
export async function runProgram(args: readonly string[]): Promise<number> {
  const program = new Command('perdura')
    .description('A self-hosted Durable Task Scheduler over PostgreSQL.')
    .version(version)
    .helpCommand(false)
    .showHelpAfterError('(add --help for what there is)');
  for (const make of commands) program.addCommand(make());
  for (const command of [program, ...program.commands]) command.exitOverride().showSuggestionAfterError();
  try {
    await program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed its own.
    if (error instanceof CommanderError) return error.exitCode;
    process.stderr.write(`perdura: ${describeFailure(error)}\n`);
    return 1;
  }
}

/** What an operator can put right is one line; anything else is a bug and is shown whole. */
function describeFailure(error: unknown): string {
  if (error instanceof StartupError) return error.message.replaceAll(/\s*\n\s*/g, ' ');
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
