import { Command, CommanderError } from 'commander';
import { StartupError } from '../lib/startup-error.ts';
import { version } from '../version.ts';
import { auditCommand } from './audit.ts';
import { benchCommand } from './bench.ts';
import { devCommand } from './dev.ts';
import { doctorCommand } from './doctor/doctor.ts';
import { CommandError, exitCodeHelp, exitCodes, ShownError } from './exit-codes.ts';
import { encryptionCommand } from './encryption.ts';
import { hubCommand } from './hub.ts';
import { instanceCommand } from './instance/instance.ts';
import { keyCommand } from './key.ts';
import { migrateCommand } from './migrate.ts';
import { serveCommand } from './serve.ts';
import { escapeText } from './text.ts';

const commands = [
  devCommand,
  serveCommand,
  migrateCommand,
  hubCommand,
  instanceCommand,
  keyCommand,
  auditCommand,
  encryptionCommand,
  doctorCommand,
  benchCommand,
];

/** Runs one command and returns the exit code of the program. */
export async function runProgram(args: readonly string[]): Promise<number> {
  try {
    await makeProgram().parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' });
    return exitCodes.ok.code;
  } catch (error) {
    // Commander has printed its own.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage.code;
    if (!(error instanceof ShownError)) process.stderr.write(`perdura: ${describeFailure(error)}\n`);
    return exitCodes[error instanceof CommandError ? error.exit : 'error'].code;
  }
}

/** The tree of all commands. */
export function makeProgram(): Command {
  const program = new Command('perdura')
    .description('A self-hosted Durable Task Scheduler over PostgreSQL.')
    .version(version)
    // Else --version would be ours wherever it stands.
    .enablePositionalOptions()
    .addHelpText('after', exitCodeHelp());
  for (const make of commands) program.addCommand(make());
  for (const command of withDescendants(program)) {
    command
      .exitOverride()
      .helpCommand(false)
      .configureHelp({ subcommandTerm: termOf })
      .showSuggestionAfterError()
      .showHelpAfterError('(add --help for what there is)');
  }
  return program;
}

/** A command with its arguments: `show <id>`. */
export function termOf(command: Command): string {
  const args = command.registeredArguments.map((argument) => {
    const shown = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${shown}>` : `[${shown}]`;
  });
  return [command.name(), ...args].join(' ');
}

/** A command and all commands below it. */
export function withDescendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withDescendants)];
}

/** What an operator can put right is one line; anything else is a bug and is shown whole. */
export function describeFailure(error: unknown): string {
  if (error instanceof StartupError || error instanceof CommandError) {
    return escapeText(error.message.replaceAll(/\s*\n\s*/g, ' '));
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
