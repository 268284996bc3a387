import { type ClaimFilter } from '../domain/store.ts';
import { bools, texts } from './arrays.ts';

/** Filters as columns. */
export interface FilterColumns {
  readonly takesAll: boolean;
  readonly names: Buffer;
  readonly versions: Buffer;
  readonly ignoresCase: Buffer;
}

export function filterColumns(filter: ClaimFilter): FilterColumns {
  const rows = filter === 'everything' ? [] : filter;
  return {
    takesAll: filter === 'everything',
    names: texts(rows, (f) => f.name),
    versions: texts(rows, (f) => f.version),
    ignoresCase: bools(rows, (f) => f.ignoresCase),
  };
}
