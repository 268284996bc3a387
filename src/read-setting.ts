// How one setting is found and read: by its flag, by its environment variables, or by default.

import { StartupError } from './lib/startup-error.ts';
import { type Kind } from './setting-kinds.ts';

/** Who reads the settings; a client is any command that talks to a running server. */
export type Command = 'dev' | 'serve' | 'migrate' | 'doctor' | 'client';

export interface Setting<T> extends Kind<T> {
  readonly fallback: T | ((command: Command) => T);
  /** How the default is written in the documentation. */
  readonly shown: string;
  readonly sentence: string;
  /** False for a secret: flags can be seen by others on the machine. */
  readonly hasFlag?: false;
  /** Names of the emulator's environment variables that mean the same. */
  readonly aliases?: readonly string[];
}

export interface SettingsSource {
  readonly command: Command;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Flags by setting, as text. */
  readonly flags: Readonly<Partial<Record<string, string>>>;
}

/** A setting whose default is written as it is. */
export function setting<T>(
  kind: Kind<T>,
  fallback: T,
  sentence: string,
  aliases: readonly string[] = [],
): Setting<T> {
  return { ...kind, fallback, shown: String(fallback), sentence, aliases };
}

/** `grpcPort` → `PERDURA_GRPC_PORT`. */
export function envName(key: string): string {
  return `PERDURA_${words(key).join('_').toUpperCase()}`;
}

/** `grpcPort` → `--grpc-port`. */
export function flagName(key: string): string {
  return `--${words(key).join('-')}`;
}

function words(key: string): string[] {
  return key.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
}

export function readSetting<T>(key: string, row: Setting<T>, { command, env, flags }: SettingsSource): T {
  const variables = [envName(key), ...(row.aliases ?? [])].map((name) => ({ name, text: env[name] }));
  return firstOf(row, [{ name: flagName(key), text: flags[key] }, ...variables.map(unlessEmpty)], command);
}

/** A setting that has a variable and no flag. */
export function readVariable<T>(name: string, row: Setting<T>, { command, env }: SettingsSource): T {
  return firstOf(row, [unlessEmpty({ name, text: env[name] })], command);
}

interface Candidate {
  readonly name: string;
  readonly text: string | undefined;
}

/** An empty variable counts as unset: that is how compose files and charts leave one out. */
function unlessEmpty({ name, text }: Candidate): Candidate {
  return { name, text: text === '' ? undefined : text };
}

function firstOf<T>(row: Setting<T>, candidates: readonly Candidate[], command: Command): T {
  for (const { name, text } of candidates) if (text !== undefined) return parsed(row, name, text);
  return row.fallback instanceof Function ? row.fallback(command) : row.fallback;
}

function parsed<T>(row: Setting<T>, name: string, text: string): T {
  const value = row.parse(text);
  if (value !== undefined) return value;
  throw new StartupError(`${name} is '${beginningOf(text)}', which is not allowed: it is ${row.allowed}`);
}

/** Characters of a value that is not allowed. */
const LONGEST_SHOWN = 100;

/** What was meant is seen in it; the sentence after it should be, too. */
export function beginningOf(given: string): string {
  return given.length > LONGEST_SHOWN ? `${given.slice(0, LONGEST_SHOWN)}…` : given;
}
