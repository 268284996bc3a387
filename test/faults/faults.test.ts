import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';

// Runs of the program that CI repeats. Each ends with what it found; its seed, its faults and their times are in the
// output of the test that fails.

const main = join(import.meta.dirname, 'main.ts');

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

/** The channel ends it with us, however we end. */
async function play(args: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  }
  await once(child, 'close');
  return { code: child.exitCode, output: output.join('') };
}

test.for([
  { seed: 1, servers: 3, faults: 'kill-server,half-open,slow-network,cut-commits,kill-worker,tiny-packets' },
  { seed: 8, servers: 2, faults: 'freeze-server,end-connections,read-only,lock-table,vacuum' },
  { seed: 3, servers: 1, faults: 'stop-postgres,kill-postgres,connection-squeeze,kill-server,cut-commits' },
  { seed: 9, servers: 2, faults: 'failpoint,fail-over,restore-backup' },
  {
    seed: 10,
    servers: 2,
    faults: 'drop-packets,move-clock,half-open-clients,slow-clients,tiny-client-packets',
  },
  { seed: 11, servers: 2, faults: 'full-disk,other-version,reset-clients,poison' },
  // Connections that end between the answer to COMMIT and that to Sync: once, such a commit was sent again.
  { seed: 1, servers: 1, faults: 'tiny-packets,end-connections', atOnce: 3 },
])('no promise is broken by $faults (seed $seed, $servers servers)', async (run) => {
  const { seed, servers, faults, atOnce = 1 } = run;
  const args = ['--seed', String(seed), '--servers', String(servers), '--faults', faults];
  args.push('--at-once', String(atOnce), '--minutes', '0.35');
  const { code, output } = await play(args);
  process.stdout.write(output);
  expect(code, output).toBe(0);
});

test('a command line that makes no sense starts nothing', async () => {
  expect(await play(['--faults', 'flood'])).toMatchObject({ code: 2 });
});
