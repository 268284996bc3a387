import { readFileSync } from 'node:fs';
import { InvalidArgumentError, Option } from 'commander';
import { type InstanceStatus } from '../domain/instance.ts';
import { wireStatuses } from '../domain/wire-status.ts';
import { type OrchestrationStatus, type Timestamp } from '../protocol/messages.ts';
import { type Kind } from '../setting-kinds.ts';
import { type Direction, momentForm, parseMoment } from './moments.ts';

/** Reads a value of that kind; another one ends the command with what is allowed. */
export function valueOf<T>({ parse, allowed }: Kind<T>): (text: string) => T {
  return (text) => {
    const value = parse(text);
    if (value === undefined) throw new InvalidArgumentError(`It is ${allowed}.`);
    return value;
  };
}

export function momentOption(flags: string, sentence: string, direction: Direction): Option {
  const parse = (text: string): Timestamp | undefined => parseMoment(text, direction, Date.now());
  const allowed = momentForm(direction);
  return new Option(flags, `${sentence}: ${allowed}.`).argParser(
    valueOf({ placeholder: 'time', allowed, parse }),
  );
}

/** `--status failed,terminated`, also given several times. */
export function statusOption(statuses: readonly InstanceStatus[]): Option {
  return new Option('--status <names>', `Only instances in these: ${statuses.join(', ')}.`).argParser(
    (text: string, before: readonly OrchestrationStatus[] | undefined) => [
      ...(before ?? []),
      ...text.split(',').map((name) => {
        const status = statuses.find((known) => known === name.trim().toLowerCase());
        if (!status) throw new InvalidArgumentError(`It is some of ${statuses.join(', ')}.`);
        return wireStatuses[status];
      }),
    ],
  );
}

/** `--tag key=value`, given several times. */
export function tagOption(): Option {
  return new Option('--tag <key=value>', 'A tag; may be given several times.').argParser(
    (text: string, before: Readonly<Record<string, string>> | undefined) => {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
      if (key === undefined || value === undefined) throw new InvalidArgumentError('It is key=value.');
      return { ...before, [key]: value };
    },
  );
}

/** An option whose value is JSON that an SDK will read: given as it is, as `@file`, or `-` for standard input. */
export function jsonOption(flags: string, sentence: string): Option {
  return new Option(flags, `${sentence}: JSON, or @file, or - for standard input.`).argParser(readJson);
}

function readJson(given: string): { readonly value: string } {
  const text = readGiven(given).trim();
  try {
    JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidArgumentError(`It is not JSON (${reason}); a text is written with quotes: '"text"'.`);
  }
  return { value: text };
}

function readGiven(given: string): string {
  if (given !== '-' && !given.startsWith('@')) return given;
  try {
    return readFileSync(given === '-' ? 0 : given.slice(1), 'utf8');
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? `${error.message}.` : String(error));
  }
}
