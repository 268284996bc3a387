import { Command } from 'commander';
import { raiseCommand, reasonedCommand, restartCommand, terminateCommand } from './control.ts';
import { historyCommand } from './history.ts';
import { listCommand } from './list.ts';
import { purgeCommand } from './purge.ts';
import { showCommand } from './show.ts';
import { startCommand } from './start.ts';
import { waitCommand } from './wait.ts';

export function instanceCommand(): Command {
  const command = new Command('instance').description('Look at orchestration instances, and act on them.');
  const commands = [
    ...[listCommand(), showCommand(), historyCommand(), startCommand(), waitCommand(), raiseCommand()],
    ...[terminateCommand(), reasonedCommand('suspend'), reasonedCommand('resume'), restartCommand()],
    ...[reasonedCommand('rewind'), purgeCommand()],
  ];
  for (const each of commands) command.addCommand(each);
  return command;
}
