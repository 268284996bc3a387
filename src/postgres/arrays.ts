// Sets travel to PostgreSQL as binary array parameters: one Buffer per column, made straight from the rows, without the
// text literal that pg would build, quote and the server would parse again. Results stay text.
//
// Layout (array_recv): int32 dimensions · int32 has-nulls · int32 element type · int32 length · int32 lower bound ·
// then per element int32 length (-1: null) and its bytes. An empty array has no dimensions.

import { assert } from '../lib/assert.ts';

const oids = { bool: 16, bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, timestamptz: 1184 } as const;

const HEADER_BYTES = 20;
/** PostgreSQL counts microseconds from 2000-01-01. */
const POSTGRES_EPOCH_MICROS = 946_684_800_000_000;
const TWO_POW_32 = 0x1_0000_0000;

function emptyArray(oid: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeInt32BE(oid, 8);
  return bytes;
}

function writeHeader(bytes: Buffer, oid: number, length: number): void {
  bytes.writeInt32BE(1, 0);
  // "May hold nulls": always allowed to be set.
  bytes.writeInt32BE(1, 4);
  bytes.writeInt32BE(oid, 8);
  bytes.writeInt32BE(length, 12);
  bytes.writeInt32BE(1, 16);
}

/** A column of integers of so many bytes. */
function fixedArray<T>(
  rows: readonly T[],
  value: (row: T) => number | null,
  { oid, width }: { readonly oid: number; readonly width: 1 | 2 | 4 | 8 },
): Buffer {
  if (rows.length === 0) return emptyArray(oid);
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + rows.length * (4 + width));
  writeHeader(bytes, oid, rows.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = HEADER_BYTES;
  for (const row of rows) {
    const item = value(row);
    view.setInt32(at, item === null ? -1 : width);
    at += 4;
    if (item === null) continue;
    writeInteger(view, width, item, at);
    at += width;
  }
  return at === bytes.length ? bytes : bytes.subarray(0, at);
}

/** A view writes a number in one instruction, but cuts off what doesn't fit. */
function writeInteger(view: DataView, width: 1 | 2 | 4 | 8, value: number, at: number): void {
  if (width === 8) {
    assert(Math.abs(value) <= Number.MAX_SAFE_INTEGER, 'a number fits into its column');
    const high = Math.floor(value / TWO_POW_32);
    view.setInt32(at, high);
    view.setUint32(at + 4, value - high * TWO_POW_32);
    return;
  }
  const spare = 32 - 8 * width;
  assert((value << spare) >> spare === Math.trunc(value), 'a number fits into its column');
  if (width === 4) view.setInt32(at, value);
  else if (width === 2) view.setInt16(at, value);
  else view.setInt8(at, value);
}

export function int2s<T>(rows: readonly T[], value: (row: T) => number | null): Buffer {
  return fixedArray(rows, value, { oid: oids.int2, width: 2 });
}

export function int4s<T>(rows: readonly T[], value: (row: T) => number | null): Buffer {
  return fixedArray(rows, value, { oid: oids.int4, width: 4 });
}

/** Safe integers only. */
export function int8s<T>(rows: readonly T[], value: (row: T) => number | null): Buffer {
  return fixedArray(rows, value, { oid: oids.int8, width: 8 });
}

export function bools<T>(rows: readonly T[], value: (row: T) => boolean): Buffer {
  return fixedArray(rows, (row) => (value(row) ? 1 : 0), { oid: oids.bool, width: 1 });
}

/** Integer microseconds since the Unix epoch → timestamptz[]. */
export function timestamps<T>(rows: readonly T[], micros: (row: T) => number | null): Buffer {
  const sinceEpoch = (row: T): number | null => {
    const time = micros(row);
    return time === null ? null : time - POSTGRES_EPOCH_MICROS;
  };
  return fixedArray(rows, sinceEpoch, { oid: oids.timestamptz, width: 8 });
}

export function texts<T>(rows: readonly T[], value: (row: T) => string | null): Buffer {
  if (rows.length === 0) return emptyArray(oids.text);
  let size = HEADER_BYTES;
  const items = rows.map((row) => {
    const item = value(row);
    size += 4 + (item === null ? 0 : Buffer.byteLength(item));
    return item;
  });
  const bytes = Buffer.allocUnsafe(size);
  writeHeader(bytes, oids.text, rows.length);
  let at = HEADER_BYTES;
  for (const item of items) {
    const length = item === null ? -1 : bytes.write(item, at + 4);
    bytes.writeInt32BE(length, at);
    at += 4 + Math.max(length, 0);
  }
  return bytes;
}

export function byteas<T>(rows: readonly T[], value: (row: T) => Buffer | null): Buffer {
  if (rows.length === 0) return emptyArray(oids.bytea);
  let size = HEADER_BYTES;
  const items = rows.map((row) => {
    const item = value(row);
    size += 4 + (item?.length ?? 0);
    return item;
  });
  const bytes = Buffer.allocUnsafe(size);
  writeHeader(bytes, oids.bytea, rows.length);
  let at = HEADER_BYTES;
  for (const item of items) {
    bytes.writeInt32BE(item?.length ?? -1, at);
    item?.copy(bytes, at + 4);
    at += 4 + (item?.length ?? 0);
  }
  return bytes;
}
