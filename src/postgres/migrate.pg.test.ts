import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { pino } from 'pino';
import { createEmptyDatabase, expect, test as base } from '../../test/helpers/database.ts';
import { type Logger } from '../telemetry/log.ts';
import { migrate } from './migrate.ts';

interface Bed {
  /** Writes a migration; without a header line of its own it is transactional. */
  add(file: string, text: string): void;
  /** Runs the migrations on the schema `store`. */
  run(): Promise<string[]>;
  rows(text: string): Promise<unknown[]>;
  readonly logged: string[];
}

const test = base.extend<{ bed: Bed }>({
  bed: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'perdura-migrations-'));
    const url = await createEmptyDatabase();
    const logged: string[] = [];
    const log: Logger = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query('set search_path = store');
    await use({
      logged,
      add(file, text) {
        writeFileSync(
          join(folder, file),
          text.startsWith('--') ? text : `-- migration: transactional\n${text}`,
        );
      },
      run: () => migrate({ url, schema: 'store', folder, log }),
      rows: async (text) => (await client.query<object>(text)).rows,
    });
    await client.end();
    rmSync(folder, { recursive: true, force: true });
  },
});

test('applies what is missing, once, into the named schema', async ({ bed }) => {
  bed.add('0001_add_things.sql', 'create table things (id int4);');
  expect(await bed.run()).toEqual(['0001_add_things']);
  bed.add('0002_add_colour.sql', "alter table things add column colour text default 'red';");
  expect(await bed.run()).toEqual(['0002_add_colour']);
  expect(await bed.run()).toEqual([]);
  expect(
    await bed.rows(`select tables.table_schema from information_schema.tables where table_name = 'things'`),
  ).toEqual([{ table_schema: 'store' }]);
});

test('concurrent starts apply each migration once', async ({ bed }) => {
  bed.add('0001_add_things.sql', 'create table things (id int4); select pg_sleep(0.1);');
  bed.add('0002_fill_things.sql', 'insert into things values (1);');
  const applied = await Promise.all([bed.run(), bed.run(), bed.run(), bed.run()]);
  expect(applied.flat().toSorted()).toEqual(['0001_add_things', '0002_fill_things']);
  expect(await bed.rows('select id from things')).toEqual([{ id: 1 }]);
});

test('a migration that fails leaves nothing and can be tried again', async ({ bed }) => {
  bed.add('0001_add_things.sql', 'create table things (id int4); select 1/0;');
  await expect(bed.run()).rejects.toThrow('division by zero');
  expect(await bed.rows('select * from migrations')).toEqual([]);
  bed.add('0001_add_things.sql', 'create table things (id int4);');
  expect(await bed.run()).toEqual(['0001_add_things']);
});

test('a migration that was edited after it was applied stops the start', async ({ bed }) => {
  bed.add('0001_add_things.sql', 'create table things (id int4);');
  await bed.run();
  bed.add('0001_add_things.sql', 'create table things (id int8);');
  await expect(bed.run()).rejects.toThrow(
    'migration 0001_add_things was changed after it was applied to schema store',
  );
});

test('a newer compatible schema is accepted with a warning', async ({ bed }) => {
  bed.add('0001_add_things.sql', 'create table things (id int4);');
  await bed.run();
  await bed.rows(
    `insert into migrations (version, name, checksum, is_breaking, finished_at) values (2, '0002_add_more', 'x', false, now())`,
  );
  expect(await bed.run()).toEqual([]);
  expect(bed.logged.join()).toContain('the schema is newer than this program, but compatible');
});

test('a newer breaking schema is refused', async ({ bed }) => {
  bed.add('0001_add_things.sql', 'create table things (id int4);');
  await bed.run();
  await bed.rows(
    `insert into migrations (version, name, checksum, is_breaking, finished_at) values (2, '0002_drop_things', 'x', true, now())`,
  );
  await expect(bed.run()).rejects.toThrow(
    'schema store is newer than this program: migration 0002_drop_things needs a newer perdura',
  );
});

test('the row of a breaking migration says so', async ({ bed }) => {
  bed.add('0001_drop_things.sql', '-- migration: transactional breaking\nselect 1;');
  await bed.run();
  expect(await bed.rows('select is_breaking from migrations')).toEqual([{ is_breaking: true }]);
});

test('an online migration runs outside a transaction, statement by statement', async ({ bed }) => {
  bed.add('0001_add_things.sql', 'create table things (id int4);');
  bed.add(
    '0002_index_things.sql',
    '-- migration: online\n-- by id\ncreate index concurrently if not exists things_id on things (id);\ncreate index concurrently if not exists things_id2\n  on things (id);\n',
  );
  expect(await bed.run()).toEqual(['0001_add_things', '0002_index_things']);
  expect(
    await bed.rows(`select indexname from pg_indexes where tablename = 'things' order by indexname`),
  ).toEqual([{ indexname: 'things_id' }, { indexname: 'things_id2' }]);
});

test('an interrupted online migration is repaired and repeated', async ({ bed }) => {
  bed.add('0001_add_things.sql', 'create table things (id int4); insert into things values (1), (1);');
  bed.add(
    '0002_index_things.sql',
    '-- migration: online\ncreate unique index concurrently if not exists things_id on things (id);\n',
  );
  await expect(bed.run()).rejects.toThrow('could not create unique index');
  await bed.rows('truncate things');
  expect(await bed.run()).toEqual(['0002_index_things']);
  expect(await bed.rows(`select indisvalid from pg_index where indexrelid = 'things_id'::regclass`)).toEqual([
    { indisvalid: true },
  ]);
});

test('a file that is misnamed, unnumbered or without a header is a bug', async ({ bed }) => {
  bed.add('0002_add_things.sql', 'select 1;');
  await expect(bed.run()).rejects.toThrow('migration 0002_add_things.sql is number 1 in its folder');
  bed.add('0001_AddThings.sql', 'select 1;');
  await expect(bed.run()).rejects.toThrow('is named NNNN_verb_object.sql');
});

test('a migration without a header is a bug', async ({ bed }) => {
  bed.add('0001_add_things.sql', '-- just a comment\nselect 1;');
  await expect(bed.run()).rejects.toThrow('begins with "-- migration: transactional"');
});
