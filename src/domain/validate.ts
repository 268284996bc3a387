import { invalidArgument } from './errors.ts';
import { type Bounds, limits } from './limits.ts';
import { text, type Wrapper } from './payload.ts';

const PRINTABLE = /^[\x20-\x7e]*$/;
const NUL = '\0';

/** An id that a client gives: 1 to 100 printable ASCII characters, or as many as are set, and no entity's (contract §4.1). */
export function checkInstanceId(id: string, { instanceIdLength }: Pick<Bounds, 'instanceIdLength'>): void {
  if (id === '') throw invalidArgument('the instance id is empty');
  if (id.length > instanceIdLength) {
    throw invalidArgument(
      `the instance id has a length of ${id.length} characters; at most ${instanceIdLength} are allowed (PERDURA_MAX_INSTANCE_ID_LENGTH)`,
    );
  }
  if (!PRINTABLE.test(id)) {
    throw invalidArgument('the instance id has characters that are not printable ASCII');
  }
  if (id.startsWith('@')) throw invalidArgument(`the instance id '${id}' is an entity's: it starts with '@'`);
}

/** Name of an orchestrator or event; `what` says which in the error. */
export function checkName(name: string, what: string): void {
  if (name === '') throw invalidArgument(`the ${what} is empty`);
  refuse(nameProblem(name, what));
}

export function checkVersion(version: Wrapper): void {
  refuse(versionProblem(version));
}

export function checkTags(tags: Readonly<Record<string, string>>): void {
  refuse(tagsProblem(tags));
}

export function checkHubName(name: string): void {
  if (name === '') throw invalidArgument('the task hub name is empty');
  if (name.length > limits.hubNameLength) {
    throw invalidArgument(
      `the task hub name has a length of ${name.length} characters; at most ${limits.hubNameLength} are allowed`,
    );
  }
  if (!PRINTABLE.test(name)) {
    throw invalidArgument('the task hub name has characters that are not printable ASCII');
  }
}

/** What is wrong with a name that a worker gives, if anything: it can't be told to the worker, so it is a value. */
export function nameProblem(name: string, what: string): string | undefined {
  if (name.length > limits.nameLength) {
    return `the ${what} has a length of ${name.length} characters; at most ${limits.nameLength} are allowed`;
  }
  return name.includes(NUL) ? `the ${what} contains a NUL character` : undefined;
}

export function versionProblem(version: Wrapper): string | undefined {
  return nameProblem(text(version) ?? '', 'version');
}

export function tagsProblem(tags: Readonly<Record<string, string>>): string | undefined {
  let bytes = 0;
  for (const key in tags) {
    const value = tags[key] ?? '';
    if (key.includes(NUL) || value.includes(NUL)) return 'a tag contains a NUL character';
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes <= limits.tagsBytes) return undefined;
  return `the tags have a length of ${bytes} bytes; at most ${limits.tagsBytes} are allowed`;
}

/** An id that an orchestration gives to a child: long ones are derived from the parent's (contract §4.1). */
export function childIdProblem(id: string): string | undefined {
  const bytes = utf8Length(id);
  if (bytes > limits.derivedInstanceIdBytes) {
    return `the instance id of a sub-orchestration has a length of ${bytes} bytes; at most ${limits.derivedInstanceIdBytes} are allowed`;
  }
  if (id.startsWith('@')) {
    return `the instance id '${id}' of a sub-orchestration is an entity's: it starts with '@'`;
  }
  return id.includes(NUL) ? 'the instance id of a sub-orchestration contains a NUL character' : undefined;
}

/** Whether an instance of that id can exist: what is sent to others is dropped. */
export function canBeInstanceId(id: string): boolean {
  return id !== '' && childIdProblem(id) === undefined;
}

function utf8Length(value: string): number {
  return value.length * 3 <= limits.derivedInstanceIdBytes ? value.length : Buffer.byteLength(value);
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw invalidArgument(problem);
}
