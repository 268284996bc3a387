import { type Command } from 'commander';
import { type Settings } from '../config.ts';

/** Where root's data goes when the server's user can't enter the folder that perdura was started in. */
const ROOT_DATA_DIR = '/var/lib/perdura';

/** Where the embedded PostgreSQL keeps its data: in the first of these folders that it can work in. */
export function dataDirsOf(command: Command, { dataDir }: Pick<Settings, 'dataDir'>): readonly string[] {
  const isChosen = command.opts()['dataDir'] !== undefined || (process.env['PERDURA_DATA_DIR'] ?? '') !== '';
  return isChosen ? [dataDir] : [dataDir, ROOT_DATA_DIR];
}
