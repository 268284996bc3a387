import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { shortfalls } from '../bench/check.ts';
import { comparison, readResult } from '../bench/compare.ts';
import { runGrowth } from '../bench/growth.ts';
import { type LevelName, levelNames, planGrowth } from '../bench/growth-plan.ts';
import { growthTable } from '../bench/growth-report.ts';
import { runIdle } from '../bench/idle.ts';
import { idleTable } from '../bench/idle-report.ts';
import { type Part, partNames, partTable } from '../bench/parts.ts';
import { planRun } from '../bench/plan.ts';
import { Processes } from '../bench/processes.ts';
import { reportTable } from '../bench/report.ts';
import { type BenchResult } from '../bench/result.ts';
import { runBench } from '../bench/run-bench.ts';
import { runSoak } from '../bench/soak.ts';
import { soakTable } from '../bench/soak-report.ts';
import { settingsTable } from '../config.ts';
import { whole } from '../setting-kinds.ts';
import { createLogger } from '../telemetry/log.ts';
import { addExample } from './client-command.ts';
import { CommandError } from './exit-codes.ts';
import { valueOf } from './option-values.ts';
import { stopSignal } from './run-server.ts';

interface BenchFlags {
  readonly parts: readonly Part[];
  readonly quick: boolean;
  readonly seconds?: number;
  readonly concurrency?: number;
  readonly processes: number;
  readonly compare?: BenchResult;
  readonly check: boolean;
  readonly json: boolean;
}

export function benchCommand(): Command {
  const command = withJson(new Command('bench'))
    .description(
      'Measure this version on this machine: starts an embedded PostgreSQL with durable settings in a folder of its own, a server and a load worker, and ends them. Takes about ten minutes.',
    )
    .addOption(
      new Option(
        '--parts <names>',
        `What to measure, separated by commas: ${partsHelp()}. Each is shown beside what bare grpc-js does at the same time.`,
      )
        .argParser(oneOfMany(partNames))
        .default([...partNames], 'all'),
    )
    .option(
      '--quick',
      'Shorter windows, fewer of them, less of everything: about three minutes, and less exact.',
      false,
    )
    .addOption(
      new Option(
        '--seconds <number>',
        'Length of each window of the ceiling and of the chains, in seconds. Default: 10, or 4 with --quick.',
      ).argParser(valueOf(whole(1, 50))),
    )
    .addOption(
      new Option(
        '--concurrency <number>',
        'Orchestrations that run at once, and calls that are out at once. Default: 512, or 128 with --quick.',
      ).argParser(valueOf(whole(1, 5_000))),
    )
    .addOption(processesOption())
    .addOption(
      new Option(
        '--compare <file>',
        'What an earlier run printed with --json: its ratios and costs are shown beside those of this run.',
      )
        .argParser(readEarlier)
        .conflicts('json'),
    )
    .option(
      '--check',
      "Fail when a ratio is below its floor: a guard against a collapse, far below what is usual. Rates and times don't count.",
      false,
    )
    .action(bench)
    .addCommand(growthCommand())
    .addCommand(soakCommand())
    .addCommand(idleCommand());
  return addExample(command, 'perdura bench --quick --parts chain,latency');
}

function processesOption(): Option {
  return new Option(
    '--processes <number>',
    'Processes of the server, as in serve; the ceiling has one. Processor time is that of all together.',
  )
    .argParser(valueOf(settingsTable.processes))
    .default(1);
}

interface GrowthFlags {
  readonly levels: readonly LevelName[];
  readonly quick: boolean;
  readonly json: boolean;
}

function growthCommand(): Command {
  const command = withJson(new Command('growth'))
    .description(
      'Measure how the chain changes with what is stored, waits, is served and is sent: each beside a server with a fresh database. Takes about an hour.',
    )
    .addOption(
      new Option('--levels <names>', `What grows, separated by commas: ${levelNames.join(', ')}.`)
        .argParser(oneOfMany(levelNames))
        .default([...levelNames], 'all'),
    )
    .option(
      '--quick',
      'Less of everything, one short window each: about six minutes, and far less exact.',
      false,
    )
    .action(growth);
  return addExample(command, 'perdura bench growth --levels waiting-many,hubs-100');
}

interface SoakFlags {
  readonly minutes: number;
  readonly json: boolean;
}

function soakCommand(): Command {
  const command = withJson(new Command('soak'))
    .description(
      'Show by load that lasts whether the server keeps its memory in bounds: at the end at most 1.15 times that after a fifth of the time (minute two of ten), and never 400 MB; and that its queues in PostgreSQL stay below 200 MB, as autovacuum keeps up.',
    )
    .addOption(
      new Option('--minutes <number>', 'How long.').argParser(valueOf(whole(1, 24 * 60))).default(10),
    )
    .action(soak);
  return addExample(command, 'perdura bench soak --minutes 10');
}

interface IdleFlags {
  readonly seconds: number;
  readonly json: boolean;
}

function idleCommand(): Command {
  const command = withJson(new Command('idle'))
    .description(
      'Count by pg_stat_statements what PostgreSQL is asked for 1,000 instances that wait and 100 streams that get nothing: less than 5 statements a second.',
    )
    .addOption(new Option('--seconds <number>', 'How long.').argParser(valueOf(whole(1, 3_600))).default(60))
    .action(idle);
  return addExample(command, 'perdura bench idle --json');
}

function withJson(command: Command): Command {
  return command.option('--json', 'Print one JSON object instead of a table.', false);
}

async function bench({ compare, check, json, ...flags }: BenchFlags): Promise<void> {
  const { parts, concurrency } = flags;
  const plan = planRun({
    ...{ parts, concurrency, progress },
    isQuick: flags.quick,
    windowSeconds: flags.seconds,
    serverProcesses: flags.processes,
  });
  const result = await measure((processes) => runBench(plan, processes));
  print(result, json, (measured) =>
    compare ? `${reportTable(measured)}\n${comparison(compare, measured)}` : reportTable(measured),
  );
  if (check) requireFloors(result);
}

/** Throws when a ratio is below its floor. */
export function requireFloors(result: BenchResult): void {
  const collapsed = shortfalls(result);
  if (collapsed.length > 0) throw new CommandError(`too slow: ${collapsed.join('; ')}`);
}

async function growth({ levels, quick }: GrowthFlags, command: Command): Promise<void> {
  const isQuick = quick || command.optsWithGlobals<{ readonly quick: boolean }>().quick;
  const plan = planGrowth({ levels, isQuick, progress });
  const result = await measure((processes) => runGrowth(plan, processes));
  print(result, isJson(command), growthTable);
}

async function soak({ minutes }: SoakFlags, command: Command): Promise<void> {
  const result = await measure((processes) => runSoak({ minutes, progress }, processes));
  print(result, isJson(command), soakTable);
}

async function idle({ seconds }: IdleFlags, command: Command): Promise<void> {
  const result = await measure((processes) => runIdle({ seconds, progress }, processes));
  print(result, isJson(command), idleTable);
}

/** A flag that both the command and its parent know goes to the parent. */
function isJson(command: Command): boolean {
  return command.optsWithGlobals<{ readonly json: boolean }>().json;
}

/** Leaves no process behind, also when it is interrupted. */
async function measure<Result>(run: (processes: Processes) => Promise<Result>): Promise<Result> {
  await using processes = new Processes();
  const result = await Promise.race([run(processes), processes.failure, interruption()]);
  progress('stopping');
  return result;
}

function print<Result>(result: Result, isJson: boolean, toTable: (result: Result) => string): void {
  process.stdout.write(`${isJson ? JSON.stringify(result) : toTable(result)}\n`);
}

function progress(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}

/** Rejects at Ctrl-C and the like. */
async function interruption(): Promise<never> {
  await stopSignal(process, createLogger({ level: 'silent', format: 'json' }));
  throw new CommandError('the benchmark was interrupted', 'interrupted');
}

function readEarlier(file: string): BenchResult {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new InvalidArgumentError('It can not be read.');
  }
  const result = readResult(text);
  if (!result) throw new InvalidArgumentError('It is not what perdura bench --json prints.');
  return result;
}

function partsHelp(): string {
  return partNames.map((name) => `${name} (${partTable[name]})`).join(', ');
}

/** Reads some of these names, separated by commas. */
function oneOfMany<Name extends string>(names: readonly Name[]): (text: string) => Name[] {
  return (text) =>
    text.split(',').map((word) => {
      const name = names.find((known) => known === word.trim());
      if (name === undefined) throw new InvalidArgumentError(`It is some of ${names.join(', ')}.`);
      return name;
    });
}
