// Runs the JavaScript samples as a reader would: each in a process of its own, on the first task hub of the server.
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../helpers/server.ts';

const root = join(import.meta.dirname, '../..');
/** What samples share, which isn't one itself. */
const shared = /\/sample\.\w+$/i;
const samples = globSync(['examples/**/*.{mjs,py,java}'], { cwd: root })
  .filter((path) => !shared.test(path))
  .toSorted();
const javascript = samples.filter((path) => path.endsWith('.mjs'));

let server: TestServer | undefined;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => {
  await server?.close();
});

test.each(javascript.map((path) => [basename(path, '.mjs'), path]))(
  'the sample %s does what it says',
  async (_, path) => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(root, path)], {
      env: { ...process.env, PERDURA_ENDPOINT: server?.endpoint },
      timeout: 50_000,
    });
    expect(stdout).not.toBe('');
  },
);

test('docs/patterns.md links every sample, and nothing in examples/ that is not there', () => {
  const linked = [
    ...readFileSync(join(root, 'docs/patterns.md'), 'utf8').matchAll(/\]\(\.\.\/(examples\/[^)]+\.\w+)\)/g),
  ]
    .map((found) => found[1])
    .filter((path) => path !== 'examples/README.md');
  expect(linked.toSorted()).toEqual(samples);
});
