import { type Tags } from './instance.ts';

/** A string field of the wire that can be absent. */
export type Wrapper = { readonly value: string } | null | undefined;

/** An input, output, result or custom status: an empty one and none are the same (contract §3.2). */
export function payload(wrapper: Wrapper): string | null {
  return wrapper && wrapper.value !== '' ? wrapper.value : null;
}

/** A string whose empty value is not the same as none: versions, and what raised events carry. */
export function text(wrapper: Wrapper): string | null {
  return wrapper ? wrapper.value : null;
}

export function wrapped(value: string | null): { value: string } | null {
  return value === null ? null : { value };
}

export function tagsOf(map: Readonly<Record<string, string>>): Tags {
  for (const _ in map) return map;
  return null;
}
