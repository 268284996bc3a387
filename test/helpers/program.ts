import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestHub } from './client.ts';

/** What starts the program, as its users do. */
export const launcher = join(import.meta.dirname, '..', '..', 'bin', 'start.mjs');

export interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly errors: () => string;
  /** Resolves with the exit code when the last process that holds the output has ended. */
  readonly ended: Promise<number | null>;
}

export interface LaunchOptions {
  /** Besides PATH; nothing else of this process's environment reaches the program. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Standard input; empty when unset. */
  readonly input?: string;
}

export function launch(
  program: string,
  args: readonly string[],
  { env = {}, cwd, input }: LaunchOptions = {},
): Run {
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'], ...env },
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  const errors: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => output.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => errors.push(chunk));
  // A program that doesn't read its input may end before it was written.
  child.stdin.on('error', () => undefined).end(input);
  const ended = once(child, 'close').then(() => child.exitCode);
  return { child, ended, output: () => output.join(''), errors: () => errors.join('') };
}

export interface Result {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs the program until it ends. */
export async function perdura(args: readonly string[], options: LaunchOptions = {}): Promise<Result> {
  const run = launch(process.execPath, [launcher, ...args], options);
  return { code: await run.ended, output: run.output(), errors: run.errors() };
}

/** Runs the program on a task hub. */
export function perduraIn(
  { endpoint, name }: TestHub,
  args: readonly string[],
  { env, ...options }: LaunchOptions = {},
): Promise<Result> {
  return perdura(args, { ...options, env: { PERDURA_ENDPOINT: endpoint, PERDURA_HUB: name, ...env } });
}
