import { statfs } from 'node:fs/promises';
import { type Check, failed, ok, warning } from './check.ts';

const GIB = 1024 ** 3;
const WARNING_BYTES = GIB;
const FAILED_BYTES = GIB / 10;

/** The size of the database, and what its disk has left where that can be seen. */
export async function spaceCheck(databaseBytes: number, dataDir: string | undefined): Promise<Check> {
  if (dataDir === undefined) return ok('space', `the database has ${showBytes(databaseBytes)}`);
  const { bavail, bsize } = await statfs(dataDir);
  return judgeSpace(databaseBytes, bavail * bsize);
}

export function judgeSpace(databaseBytes: number, freeBytes: number): Check {
  const text = `the database has ${showBytes(databaseBytes)}, its disk ${showBytes(freeBytes)} free`;
  if (freeBytes >= WARNING_BYTES) return ok('space', text);
  const advice =
    'make room: "perdura instance purge" removes what has ended; PostgreSQL stops on a full disk';
  return freeBytes < FAILED_BYTES ? failed('space', text, advice) : warning('space', text, advice);
}

function showBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? ''}`;
}
