import { Argument, Command, type Option } from 'commander';
import { clientSettingKeys } from '../config.ts';
import { hubName } from '../setting-kinds.ts';
import { Connection } from './connection.ts';
import { valueOf } from './option-values.ts';
import { endWithReader } from './output.ts';
import { addClientOptions, clientSettingsOf } from './setting-options.ts';

interface ClientCommand {
  /** With its arguments, as commander takes them: `show <id>`. */
  readonly usage: string;
  readonly description: string;
  readonly example: string;
  readonly options?: readonly Option[];
  /** The task hub is what the first argument names, and not where an instance is. */
  readonly isAboutHubs?: boolean;
}

export interface ClientRun<Options> {
  readonly connection: Connection;
  /** In order; variadic ones at the end. */
  readonly args: readonly string[];
  readonly options: Options;
  /** One JSON document on standard output instead of a text. */
  readonly isJson: boolean;
}

/** A command that talks to a running server. */
export function clientCommand<Options>(
  { usage, description, example, options = [], isAboutHubs = false }: ClientCommand,
  run: (run: ClientRun<Options>) => Promise<void>,
): Command {
  const [name, ...args] = usage.split(' ');
  const command = new Command(name).description(description);
  for (const text of args) {
    const argument = new Argument(text);
    command.addArgument(isAboutHubs ? argument.argParser(valueOf(hubName)) : argument);
  }
  for (const option of options) command.addOption(option);
  addClientOptions(command, isAboutHubs ? ['endpoint', 'apiKey'] : clientSettingKeys);
  addJsonOption(command);
  addExample(command, example);
  return command.action(async () => {
    endWithReader();
    const settings = clientSettingsOf(command);
    const connection = new Connection(isAboutHubs ? { ...settings, hub: command.args[0] } : settings);
    try {
      const given = command.opts<Options & { readonly json?: true }>();
      await run({ connection, args: command.args, options: given, isJson: given.json === true });
    } finally {
      connection.close();
    }
  });
}

export function addJsonOption(command: Command): Command {
  return command.option('--json', 'Print one JSON document instead of text.');
}

/** Ends the help of a command. */
export function addExample(command: Command, example: string): Command {
  return command.addHelpText('after', `\nExample:\n  ${example}`);
}
