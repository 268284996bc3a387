/** Sets of small numbers as bits of an integer: the messages of a scenario, its instances, incarnations. */
export type Bits = number;

export const none: Bits = 0;

export function bit(number: number): Bits {
  return 1 << number;
}

export function has(bits: Bits, number: number): boolean {
  return (bits & (1 << number)) !== 0;
}

/** Ascending. */
export function membersOf(bits: Bits): readonly number[] {
  let members = known[bits];
  if (!members) {
    members = [];
    for (let number = 0; bits >> number > 0; number++) if (has(bits, number)) members.push(number);
    known[bits] = members;
  }
  return members;
}

const known: (number[] | undefined)[] = [];

/** The first `count` members. */
export function firstOf(bits: Bits, count: number): Bits {
  if (count === Infinity) return bits;
  let first = none;
  for (const number of membersOf(bits).slice(0, count)) first |= bit(number);
  return first;
}

export function countOf(bits: Bits): number {
  return membersOf(bits).length;
}
