import { Command, InvalidArgumentError, Option } from 'commander';
import { planRun } from '../bench/plan.ts';
import { reportTable } from '../bench/report.ts';
import { type Part, partNames } from '../bench/result.ts';
import { runBench } from '../bench/run-bench.ts';
import { StartupError } from '../lib/startup-error.ts';
import { whole } from '../setting-kinds.ts';
import { createLogger } from '../telemetry/log.ts';
import { addExample } from './client-command.ts';
import { valueOf } from './option-values.ts';
import { stopSignal } from './run-server.ts';

interface BenchFlags {
  readonly parts: readonly Part[];
  readonly quick: boolean;
  readonly seconds?: number;
  readonly concurrency: number;
  readonly json: boolean;
}

export function benchCommand(): Command {
  const command = new Command('bench')
    .description(
      'Measure this version on this machine: starts an embedded PostgreSQL with durable settings in a folder of its own, a server and a load worker, and ends them. Takes about three minutes.',
    )
    .addOption(
      new Option(
        '--parts <names>',
        `What to measure, separated by commas: ${partNames.join(', ')}; chain brings the ceiling.`,
      )
        .argParser(parseParts)
        .default([...partNames], 'all'),
    )
    .option('--quick', 'Shorter windows and fewer of them: about a minute in all, and less exact.', false)
    .addOption(
      new Option(
        '--seconds <number>',
        'Length of a window of the ceiling and of the chain, in seconds. Default: 15, or 5 with --quick.',
      ).argParser(valueOf(whole(1, 50))),
    )
    .addOption(
      new Option('--concurrency <number>', 'Orchestrations of the chain that run at once.')
        .argParser(valueOf(whole(1, 5_000)))
        .default(512),
    )
    .option('--json', 'Print one JSON object instead of a table.', false)
    .action(bench);
  return addExample(command, 'perdura bench --quick --parts chain,latency');
}

async function bench({ parts, quick, seconds, concurrency, json }: BenchFlags): Promise<void> {
  const progress = (line: string): void => {
    process.stderr.write(`bench: ${line}\n`);
  };
  const plan = planRun({ parts, isQuick: quick, windowSeconds: seconds, concurrency, progress });
  const result = await runBench(plan, interruption());
  process.stdout.write(`${json ? JSON.stringify(result) : reportTable(result)}\n`);
}

/** Rejects at Ctrl-C and the like. */
async function interruption(): Promise<never> {
  await stopSignal(process, createLogger({ level: 'silent', format: 'json' }));
  throw new StartupError('the benchmark was interrupted');
}

function parseParts(text: string): Part[] {
  return text.split(',').map((name) => {
    const part = partNames.find((known) => known === name.trim());
    if (part === undefined) throw new InvalidArgumentError(`It is some of ${partNames.join(', ')}.`);
    return part;
  });
}
