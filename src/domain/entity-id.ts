import { type InstanceId, instanceId } from './ids.ts';
import { type Bounds } from './limits.ts';

/** Whether an id is an entity's: `@<name>@<key>`, decided by its first character (entities §1.1). */
export function isEntityId(id: string): boolean {
  return id.startsWith('@');
}

/** What is wrong with the id of an entity, if anything. The name ends at the first '@'; the key may be empty or hold '@'. */
export function entityIdProblem(
  id: string,
  { instanceIdLength }: Pick<Bounds, 'instanceIdLength'>,
): string | undefined {
  if (id.length > instanceIdLength) {
    return `the instance ID length of an entity is limited to ${instanceIdLength} characters (PERDURA_MAX_INSTANCE_ID_LENGTH); this one has ${id.length}`;
  }
  if (!/^@[^@]+@/.test(id)) return `'${id}' is no entity's instance id: those are '@<name>@<key>'`;
  return id.includes('\0') ? 'the instance id of an entity contains a NUL character' : undefined;
}

/** What filters match, and what entities of one kind share. */
export function entityNameOf(id: string): string {
  return foldEntityName(id.slice(1, id.indexOf('@', 1)));
}

/** SDKs differ in the case of names; stored names and those of filters are folded by this alone (entities §6). */
export function foldEntityName(name: string): string {
  return name.toLowerCase();
}

/** The one order in which a lock request visits its entities; each once (entities §1.8, ownership.md §11). */
export function lockOrder(ids: readonly string[]): InstanceId[] {
  return [...new Set(ids)].sort((a, b) => (a < b ? -1 : 1)).map(instanceId);
}
