import { foldEntityName } from '../domain/entity-id.ts';
import { invalidArgument } from '../domain/errors.ts';
import { limits } from '../domain/limits.ts';
import { nameProblem } from '../domain/validate.ts';
import { type ClaimFilter } from '../domain/store.ts';
import { type GetWorkItemsRequest } from '../protocol/messages.ts';

/** Kinds of work that are dispatched and counted separately. */
export type WorkKind = 'orchestration' | 'activity' | 'entity';
export const workKinds: readonly WorkKind[] = ['orchestration', 'activity', 'entity'];

/** Key of maps by hub and kind. */
export function hubKindKey(hubId: number, kind: WorkKind): number {
  return hubId * workKinds.length + workKinds.indexOf(kind);
}

interface FilterEntry {
  readonly name: string;
  readonly versions?: readonly string[];
}

/** Null: any version. '' matches unversioned. */
type Versions = ReadonlySet<string> | null;

/**
 * What one worker stream accepts of one kind (contract §13.3): no filters at all accept everything; filters without an
 * entry for a kind accept nothing of it. Several entries of one name are united.
 */
export class Filter {
  readonly #names: Map<string, Versions> | null;
  readonly #ignoresCase: boolean;
  /** The same as data, for a claim. */
  readonly claim: ClaimFilter;
  /** Filters that accept the same have the same. */
  readonly key: string;

  /** `entries` null: everything. */
  constructor(entries: readonly FilterEntry[] | null, ignoresCase: boolean) {
    this.#ignoresCase = ignoresCase;
    this.#names = entries && this.#union(entries);
    this.claim = this.#names ? this.#listed(this.#names) : 'everything';
    this.key = this.claim === 'everything' ? everythingKey : keyOf(this.claim);
  }

  #union(entries: readonly FilterEntry[]): Map<string, Versions> {
    const names = new Map<string, Versions>();
    for (const { name, versions = [] } of entries) {
      const folded = this.#fold(name);
      const known = names.get(folded);
      const isAny = versions.length === 0 || known === null;
      names.set(folded, isAny ? null : new Set([...(known ?? []), ...versions]));
    }
    return names;
  }

  accepts(name: string, version: string | null): boolean {
    if (!this.#names) return true;
    const versions = this.#names.get(this.#fold(name));
    return versions === null || (versions?.has(version ?? '') ?? false);
  }

  get acceptsNothing(): boolean {
    return this.#names?.size === 0;
  }

  #listed(names: ReadonlyMap<string, Versions>): Exclude<ClaimFilter, 'everything'> {
    return [...names].flatMap(([name, versions]) =>
      (versions === null ? [null] : [...versions]).map((version) => ({
        name,
        version,
        ignoresCase: this.#ignoresCase,
      })),
    );
  }

  /** A to Z alone, as a claim does: what other letters fold to depends on the database's locale. */
  #fold(name: string): string {
    return this.#ignoresCase ? name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : name;
  }
}

/** Of the filter that accepts everything. */
export const everythingKey = '*';

function keyOf(claim: Exclude<ClaimFilter, 'everything'>): string {
  const entries = claim.map(({ name, version, ignoresCase }) => JSON.stringify([name, version, ignoresCase]));
  return entries.toSorted().join();
}

type Asked = Pick<GetWorkItemsRequest, 'workItemFilters' | 'maxConcurrentEntityWorkItems'>;

/** .NET registries ignore case, all others don't (contract §13.3). Throws `invalid_argument` for too many of them, or for what no work item can be called. */
export function filtersOf(request: Asked, userAgent = ''): Record<WorkKind, Filter> {
  const ignoresCase = /dotnet|\.net/i.test(userAgent);
  const { workItemFilters: filters } = request;
  if (filters) check(filters);
  return {
    orchestration: new Filter(filters?.orchestrations ?? null, ignoresCase),
    activity: new Filter(filters?.activities ?? null, ignoresCase),
    entity: new Filter(entityEntries(request, userAgent), false),
  };
}

type Filters = NonNullable<Asked['workItemFilters']>;

/** A claim is for all streams together: what the database can't compare would keep everybody from theirs. */
function check(filters: Filters): void {
  checkCount(filters);
  const { orchestrations, activities, entities } = filters;
  const versioned = [...orchestrations, ...activities];
  const texts = [
    ...versioned.flatMap(({ name, versions }) => [name, ...versions]),
    ...entities.map(({ name }) => name),
  ];
  for (const text of texts) {
    const problem = nameProblem(text, 'name or version that a worker lists');
    if (problem !== undefined) throw invalidArgument(problem);
  }
}

/** Names, and of those with versions the versions: a claim compares them one by one. */
function checkCount({ orchestrations, activities, entities }: Filters): void {
  let count = entities.length;
  for (const { versions } of [...orchestrations, ...activities]) count += Math.max(1, versions.length);
  if (count <= limits.filters) return;
  throw invalidArgument(`a worker may list ${limits.filters} names and versions; this one lists ${count}`);
}

/**
 * Go knows no entities: it drops an item without a word (entities §1.3), and so did Java up to 1.5. Java's filters can't
 * name entities, but it asks for a number of entity items only when it has some: then it takes all (entities §6).
 */
function entityEntries(
  { workItemFilters: filters, maxConcurrentEntityWorkItems: asked }: Asked,
  userAgent: string,
): readonly FilterEntry[] | null {
  if (isGo(userAgent)) return [];
  const named = filters?.entities ?? [];
  if (isJava(userAgent) && named.length === 0) return asked > 0 ? null : [];
  return filters ? named.map(({ name }) => ({ name: foldEntityName(name) })) : null;
}

/** Whether a worker is of the Go SDK, which sends no header of its own. */
export function isGo(userAgent: string): boolean {
  return userAgent.startsWith('grpc-go');
}

/** Whether a worker is of the Java SDK. */
export function isJava(userAgent: string): boolean {
  return /java\b|grpc-java/i.test(userAgent);
}
