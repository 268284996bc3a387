import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { StartupError } from '../lib/startup-error.ts';
import { parseKeyRing } from './key-ring.ts';

const secret = randomBytes(32).toString('base64');
const other = randomBytes(32).toString('base64');

test('the first key seals, all of them open; comments, blank lines and commas are fine', () => {
  const lines = parseKeyRing(`# of May\n\n 2026-05:${secret} # rotated\n2026-01:${other}\n`, 'test');
  expect([lines.sealing, lines.ids]).toEqual(['2026-05', ['2026-05', '2026-01']]);
  expect(parseKeyRing(`a:${secret},b:${other}`, 'test').ids).toEqual(['a', 'b']);
});

test('"clear" in front of keys seals nothing', () => {
  const ring = parseKeyRing(`clear\na:${secret}`, 'test');
  expect([ring.sealing, ring.ids, ring.has('a')]).toEqual([undefined, ['a'], true]);
});

test('fingerprints tell two keys of one id apart', () => {
  const [one, same, another] = [secret, secret, other].map((key) =>
    parseKeyRing(`a:${key}`, 'test').fingerprint('a'),
  );
  expect(one).toEqual(same);
  expect(one).not.toEqual(another);
});

test.each([
  ['nothing', '# only a comment', 'holds no key'],
  ['no id', secret, 'entry 1 has no id'],
  ['an id that is too long', `${'a'.repeat(17)}:${secret}`, 'entry 1 has no id'],
  ['"clear" with a key', `clear:${secret}`, 'entry 1 has no id'],
  ['"clear" behind a key', `a:${secret}\nclear`, 'entry 2 has no id'],
  ['an id twice', `a:${secret}\na:${other}`, "entry 2 has the id 'a'"],
  ['a key that is too short', `a:${Buffer.alloc(16).toString('base64')}`, "entry 1 ('a') is not a key"],
  ['a key that is too long', `a:${Buffer.alloc(33).toString('base64')}`, "entry 1 ('a') is not a key"],
  ['a key in hexadecimal', `a:${randomBytes(32).toString('hex')}`, "entry 1 ('a') is not a key"],
  ['a key with garbage in it', `a:${secret.slice(0, 20)}!${secret.slice(20)}`, "entry 1 ('a') is not a key"],
])('%s is refused in one line that shows no key', (_, text, words) => {
  const parse = (): unknown => parseKeyRing(text, 'the file');
  expect(parse).toThrow(StartupError);
  expect(parse).toThrow(words);
  for (const part of text.match(/[A-Za-z0-9+/]{18,}/g) ?? []) expect(parse).not.toThrow(part);
});
