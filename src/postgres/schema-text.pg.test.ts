import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '../../test/helpers/database.ts';
import { migrationsFolder } from './migration-files.ts';
import { renderSchema } from './schema-text.ts';

const file = join(migrationsFolder, 'schema.sql');

test('migrations/schema.sql shows what the migrations make ("npm run schema" renders it)', async ({ db }) => {
  const rendered = await renderSchema(db);
  if (process.env['RENDER_SCHEMA'] === 'yes') writeFileSync(file, rendered);
  expect(readFileSync(file, 'utf8')).toBe(rendered);
});

test('a change of a column, default, index or storage parameter shows', async ({ db }) => {
  const changes = [
    'alter table hubs add column colour text',
    `alter table hubs alter column settings set default '{"a": 1}'`,
    'create index hubs_created on hubs (created_at)',
    'alter table hubs set (fillfactor = 50)',
    'alter table hubs add constraint hubs_check check (hub_id > 0)',
    'alter table hubs alter column name set storage external',
    'create sequence others',
  ];
  let before = await renderSchema(db);
  for (const change of changes) {
    await db.query(change);
    const after = await renderSchema(db);
    expect(after, change).not.toBe(before);
    before = after;
  }
});
