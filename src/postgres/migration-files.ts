import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '../lib/assert.ts';

/** One file of the migrations folder. A file is never changed after a release: its checksum stands in every database. */
export interface Migration {
  readonly version: number;
  /** The file's name without `.sql`. */
  readonly name: string;
  readonly text: string;
  readonly checksum: string;
  /** Index builds and the like, run statement by statement outside a transaction. */
  readonly isOnline: boolean;
  /** Programs that don't know it can't work with the schema it makes. */
  readonly isBreaking: boolean;
}

/** The migrations that come with this program, beside `src/` or `dist/`. */
export const migrationsFolder = join(import.meta.dirname, '..', '..', 'migrations');

/** What `npm run schema` renders and what the migrations folder therefore holds besides migrations. */
const RENDERED = 'schema.sql';

/** Reads `NNNN_verb_object.sql` in order. A gap, a bad name or a missing header is a bug of this program. */
export function readMigrations(folder = migrationsFolder): Migration[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.sql') && file !== RENDERED)
    .toSorted();
  return files.map((file, index) => {
    const migration = readMigration(folder, file);
    assert(migration.version === index + 1, `migration ${file} is number ${index + 1} in its folder`);
    return migration;
  });
}

function readMigration(folder: string, file: string): Migration {
  const version = /^(\d{4})(_[a-z0-9]+)+\.sql$/.exec(file)?.[1];
  assert(version !== undefined, `migration ${file} is named NNNN_verb_object.sql`);
  const text = readFileSync(join(folder, file), 'utf8');
  const header = /^-- migration: (transactional|online)( breaking)?\n/.exec(text);
  assert(
    header !== null,
    `migration ${file} begins with "-- migration: transactional" or "-- migration: online"`,
  );
  return {
    version: Number(version),
    name: file.slice(0, -'.sql'.length),
    text,
    checksum: createHash('sha256').update(text).digest('hex'),
    isOnline: header[1] === 'online',
    isBreaking: header[2] !== undefined,
  };
}

/** The statements of an online migration: each ends with a semicolon at the end of a line. */
export function splitStatements(text: string): string[] {
  return text
    .split(/;[ \t]*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement.replaceAll(/^\s*--.*$/gm, '').trim() !== '');
}
