// Breaks real servers and their PostgreSQL while they work, and checks afterwards that every promise was kept:
//   npm run faults -- [--seed N] [--minutes M] [--servers 1..3] [--at-once 1..3] [--faults name,name]
// The same seed gives the same faults, with the same pauses, to the same victims. What meets them is not the same twice.

import { faults } from './faults.ts';
import { readOptions } from './options.ts';
import { run } from './run.ts';

const stopping = new AbortController();
for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) {
  process.on(event, () => {
    stopping.abort();
  });
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), faults);
  if (typeof options === 'string') {
    say(options);
    return 2;
  }
  const command = `npm run faults -- --seed ${options.seed} --minutes ${options.forMs / 60_000} --servers ${options.servers} --at-once ${options.atOnce} --faults ${options.faults.map(({ name }) => name).join()}`;
  say(command);
  for (const fault of options.leftOut) say(`left out: ${fault}`);
  try {
    const violations = await run({ ...options, signal: stopping.signal, say });
    for (const violation of violations) say(`VIOLATION ${violation}`);
    say(
      violations.length === 0
        ? 'no violation'
        : `${violations.length} violations; to repeat them: ${command}`,
    );
    return violations.length === 0 ? 0 : 1;
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    return 130;
  }
}

process.exit(await main());
