import { parseArgs } from 'node:util';
import { type Fault } from './fault.ts';
import { obstacleTo } from './needs.ts';
import { type RunOptions } from './run.ts';

const MOST_SERVERS = 3;
const MOST_AT_ONCE = 3;

interface Options extends Omit<RunOptions, 'signal' | 'say'> {
  /** What was asked for and can't be done on this machine, and why. */
  readonly leftOut: readonly string[];
}

/** Reads the command line. Returns what is wrong with it, or the options of a run. */
export function readOptions(
  args: readonly string[],
  faults: readonly Fault[],
  obstacle = obstacleTo,
): Options | string {
  const known = faults.map(({ name }) => name);
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
        minutes: { type: 'string', default: '2' },
        servers: { type: 'string', default: '3' },
        'at-once': { type: 'string', default: '1' },
        faults: { type: 'string', default: known.join() },
      },
    });
    const names = values.faults.split(',');
    const numbers = [values.seed, values.minutes, values.servers, values['at-once']].map(Number);
    const [seed, minutes, servers, atOnce] = numbers;
    const isRight =
      isCount(seed, 0, 2 ** 31) && isCount(servers, 1, MOST_SERVERS) && isCount(atOnce, 1, MOST_AT_ONCE);
    if (!isRight || !(Number(minutes) > 0) || !names.every((name) => known.includes(name))) {
      return `--seed and --minutes are numbers, --servers is 1 to ${MOST_SERVERS}, --at-once 1 to ${MOST_AT_ONCE}, --faults some of ${known.join()}`;
    }
    const chosen = faults.filter(({ name }) => names.includes(name));
    const why = ({ needs }: Fault): string | undefined => needs && obstacle(needs);
    const leftOut = chosen.flatMap((fault) => {
      const reason = why(fault);
      return reason === undefined ? [] : [`${fault.name} ${reason}`];
    });
    const possible = chosen.filter((fault) => why(fault) === undefined);
    if (possible.length === 0) return leftOut.join('; ');
    return { seed, servers, atOnce, forMs: Number(minutes) * 60_000, faults: possible, leftOut };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function isCount(value: number | undefined, least: number, most: number): value is number {
  return value !== undefined && Number.isInteger(value) && value >= least && value <= most;
}
