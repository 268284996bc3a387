import { parseArgs } from 'node:util';
import { type Fault } from './faults.ts';
import { type RunOptions } from './run.ts';

const MOST_SERVERS = 3;

/** Reads the command line. Returns what is wrong with it, or the options of a run. */
export function readOptions(
  args: readonly string[],
  faults: readonly Fault[],
): Omit<RunOptions, 'signal' | 'say'> | string {
  const known = faults.map(({ name }) => name);
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
        minutes: { type: 'string', default: '2' },
        servers: { type: 'string', default: '3' },
        faults: { type: 'string', default: known.join() },
      },
    });
    const names = values.faults.split(',');
    const [seed, minutes, servers] = [values.seed, values.minutes, values.servers].map(Number);
    const isRight = isCount(seed) && isCount(servers) && servers > 0 && servers <= MOST_SERVERS;
    if (!isRight || !(Number(minutes) > 0) || !names.every((name) => known.includes(name))) {
      return `--seed and --minutes are numbers, --servers is 1 to ${MOST_SERVERS}, --faults some of ${known.join()}`;
    }
    const chosen = faults.filter(({ name }) => names.includes(name));
    return { seed, servers, forMs: Number(minutes) * 60_000, faults: chosen };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 0;
}
