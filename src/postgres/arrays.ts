// Sets travel to PostgreSQL as binary array parameters: one Buffer per column, made straight from the rows, without the
// text literal that pg would build, quote and the server would parse again. Results stay text.
//
// Layout (array_recv): int32 dimensions · int32 has-nulls · int32 element type · int32 length · int32 lower bound ·
// then per element int32 length (-1: null) and its bytes. An empty array has no dimensions.

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

interface Fixed {
  readonly oid: number;
  readonly width: number;
  readonly write: (bytes: Buffer, value: number, at: number) => void;
}

function fixedArray<T>(
  rows: readonly T[],
  value: (row: T) => number | null,
  { oid, width, write }: Fixed,
): Buffer {
  if (rows.length === 0) return emptyArray(oid);
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + rows.length * (4 + width));
  writeHeader(bytes, oid, rows.length);
  let at = HEADER_BYTES;
  for (const row of rows) {
    const item = value(row);
    bytes.writeInt32BE(item === null ? -1 : width, at);
    at += 4;
    if (item === null) continue;
    write(bytes, item, at);
    at += width;
  }
  return bytes.subarray(0, at);
}

function writeInt8(bytes: Buffer, value: number, at: number): void {
  const high = Math.floor(value / TWO_POW_32);
  bytes.writeInt32BE(high, at);
  bytes.writeUInt32BE(value - high * TWO_POW_32, at + 4);
}

const int2: Fixed = { oid: oids.int2, width: 2, write: (bytes, value, at) => bytes.writeInt16BE(value, at) };
const int4: Fixed = { oid: oids.int4, width: 4, write: (bytes, value, at) => bytes.writeInt32BE(value, at) };
const int8: Fixed = { oid: oids.int8, width: 8, write: writeInt8 };
const bool: Fixed = { oid: oids.bool, width: 1, write: (bytes, value, at) => bytes.writeUInt8(value, at) };
const timestamptz: Fixed = {
  oid: oids.timestamptz,
  width: 8,
  write: (bytes, micros, at) => {
    writeInt8(bytes, micros - POSTGRES_EPOCH_MICROS, at);
  },
};

export function int2s<T>(rows: readonly T[], value: (row: T) => number | null): Buffer {
  return fixedArray(rows, value, int2);
}

export function int4s<T>(rows: readonly T[], value: (row: T) => number | null): Buffer {
  return fixedArray(rows, value, int4);
}

/** Safe integers only. */
export function int8s<T>(rows: readonly T[], value: (row: T) => number | null): Buffer {
  return fixedArray(rows, value, int8);
}

export function bools<T>(rows: readonly T[], value: (row: T) => boolean): Buffer {
  return fixedArray(rows, (row) => (value(row) ? 1 : 0), bool);
}

/** Integer microseconds since the Unix epoch → timestamptz[]. */
export function timestamps<T>(rows: readonly T[], micros: (row: T) => number | null): Buffer {
  return fixedArray(rows, micros, timestamptz);
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
