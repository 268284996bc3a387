import { limits } from '../../domain/limits.ts';
import {
  type OrchestrationState,
  type OrchestrationStatus,
  type Timestamp,
} from '../../protocol/messages.ts';
import { type Connection } from '../connection.ts';
import { momentOption } from '../option-values.ts';

/** Matches are counted so far before a person is asked to say --yes. */
const COUNTED = 10_000;

/** Which instances, all conditions together. */
export interface Filter {
  readonly status?: readonly OrchestrationStatus[];
  readonly since?: Timestamp;
  readonly until?: Timestamp;
  readonly prefix?: string;
}

export const createdOptions = [
  momentOption('--since <time>', 'Only instances created then or later', 'before'),
  momentOption('--until <time>', 'Only instances created then or before', 'before'),
];

/** A filter as the protocol writes it. */
export function createdIn({ status = [], since, until }: Filter): {
  runtimeStatus: OrchestrationStatus[];
  createdTimeFrom: Timestamp | null;
  createdTimeTo: Timestamp | null;
} {
  return { runtimeStatus: [...status], createdTimeFrom: since ?? null, createdTimeTo: until ?? null };
}

interface Search {
  readonly filter: Filter;
  /** Instances that are wanted at most. */
  readonly limit: number;
  /** The token of the first page; null: begin. */
  readonly next: string | null;
}

/** The pages of a search, read one by one until there are enough instances. */
export class Pages {
  /** The token of the next page; null at the end. */
  next: string | null;
  readonly #connection: Connection;
  readonly #filter: Filter;
  readonly #limit: number;

  constructor(connection: Connection, { filter, limit, next }: Search) {
    this.#connection = connection;
    this.#filter = filter;
    this.#limit = limit;
    this.next = next;
  }

  async *read(): AsyncGenerator<readonly OrchestrationState[]> {
    const { prefix = '' } = this.#filter;
    let left = this.#limit;
    do {
      const answer = await this.#connection.call('QueryInstances', {
        query: {
          ...createdIn(this.#filter),
          instanceIdPrefix: { value: prefix },
          maxInstanceCount: Math.min(left, limits.pageRows),
          continuationToken: { value: this.next ?? '' },
        },
      });
      this.next = answer.continuationToken?.value ?? null;
      left -= answer.orchestrationState.length;
      yield answer.orchestrationState;
    } while (this.next !== null && left > 0);
  }
}

/** How many instances match, for a person. */
export async function countMatches(connection: Connection, filter: Filter): Promise<string> {
  const pages = new Pages(connection, { filter, limit: COUNTED, next: null });
  let matches = 0;
  for await (const page of pages.read()) matches += page.length;
  return `${countOf(matches)}${pages.next === null ? '' : ' or more'}`;
}

export function countOf(instances: number): string {
  return instances === 1 ? '1 instance' : `${instances} instances`;
}
