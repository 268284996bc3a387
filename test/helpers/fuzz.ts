// Random input for tests that look for input which breaks something. Every run has another seed, which is printed;
// what fails prints the variables that repeat it.

import * as fc from 'fast-check';

const { env } = process;

/** Of this run; PERDURA_TEST_SEED repeats another one. */
export const fuzzSeed = Number(env['PERDURA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

process.stdout.write(`fuzz: PERDURA_TEST_SEED=${fuzzSeed}\n`);

/** Asserts a property for so many random values. PERDURA_TEST_PATH goes straight to the value that failed. */
export function fuzz<T extends unknown[]>(property: fc.IProperty<T>, numRuns: number): void {
  judge(fc.check(property, { ...sameAgain, numRuns }));
}

/** The same for so many seconds. Resolves with the number of values. */
export async function fuzzFor<T extends unknown[]>(
  property: fc.IAsyncProperty<T>,
  seconds: number,
): Promise<number> {
  const limits = { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: seconds * 1000 };
  const outcome = await fc.check(property, { ...sameAgain, ...limits });
  judge(outcome);
  return outcome.numRuns;
}

const path = env['PERDURA_TEST_PATH'];
const sameAgain = { seed: fuzzSeed, ...(path === undefined ? {} : { path }) };

function judge<T>(outcome: fc.RunDetails<T>): void {
  if (!outcome.failed) return;
  const variables = `PERDURA_TEST_SEED=${fuzzSeed} PERDURA_TEST_PATH=${outcome.counterexamplePath ?? ''}`;
  const report = fc.defaultReportMessage(outcome) ?? '';
  throw new Error(`again with ${variables} and -t <this test>\n${report}`, { cause: outcome.errorInstance });
}

/** Texts of all kinds, with halves of surrogate pairs and NUL. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.array(fc.nat(0xffff), { maxLength: 30 }).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc
    .tuple(fc.constantFrom('a', '@', 'é', '\0', '\ud800', '\udc00', '😀', '%', ' '), fc.nat(3_000))
    .map(([text, times]) => text.repeat(times)),
  fc.constantFrom('', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null', 'NaN', '-0', '1e999'),
);

/** The same as clients can send it: without halves of surrogate pairs. */
export const wireText: fc.Arbitrary<string> = anyText.map((text) => text.toWellFormed());

export const anyBytes: fc.Arbitrary<Buffer> = fc
  .uint8Array({ maxLength: 200 })
  .map((bytes) => Buffer.from(bytes));

interface Damage {
  readonly kind: 'flip' | 'set' | 'cut' | 'end' | 'insert' | 'repeat';
  readonly at: number;
  readonly length: number;
  readonly bytes: Uint8Array;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('flip', 'set', 'cut', 'end', 'insert', 'repeat'),
  at: fc.nat(0xffff),
  length: fc.integer({ min: 1, max: 12 }),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 6 }),
    // Lengths and numbers that are too large, the longest varint and one byte more.
    fc.constantFrom(
      Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f),
      Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01),
      Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
      Uint8Array.of(0),
    ),
  ),
});

/** Bytes that something was done to: bits turned, bytes changed, left out, added or sent twice, the end cut off. */
export function damaged(whole: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  return fc
    .tuple(whole, fc.array(damage, { minLength: 1, maxLength: 4 }))
    .map(([bytes, all]) => all.reduce(harm, bytes));
}

function harm(bytes: Buffer, { kind, at, length, bytes: other }: Damage): Buffer {
  const from = bytes.length === 0 ? 0 : at % bytes.length;
  const [before, rest] = [bytes.subarray(0, from), bytes.subarray(from)];
  switch (kind) {
    case 'flip':
      return Buffer.concat([
        before,
        rest.subarray(0, 1).map((byte) => byte ^ (1 << (length & 7))),
        rest.subarray(1),
      ]);
    case 'set':
      return Buffer.concat([before, other.subarray(0, rest.length), rest.subarray(other.length)]);
    case 'cut':
      return Buffer.concat([before, rest.subarray(length)]);
    case 'end':
      return Buffer.from(before);
    case 'insert':
      return Buffer.concat([before, other, rest]);
    case 'repeat':
      return Buffer.concat([before, rest.subarray(0, length), rest]);
  }
}
