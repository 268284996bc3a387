import { expect, test } from 'vitest';
import { parseGrants } from './grants-file.ts';

const token = { claim: 'roles', value: 'orders-worker', role: 'worker', hubs: 'orders*' };
const certificate = { name: 'worker.orders.example', role: 'worker', hubs: 'orders*' };

test('a file says what tokens and certificates give', () => {
  expect(parseGrants(JSON.stringify({ tokens: [token], certificates: [certificate] }))).toEqual({
    tokens: [token],
    certificates: [certificate],
  });
  expect(parseGrants('{}')).toEqual({ tokens: [], certificates: [] });
});

test.each([
  ['[', /not JSON/],
  ['[]', /the file is not an object/],
  ['{"token":[]}', /the file has 'token', which means nothing here/],
  ['{"tokens":{}}', /tokens is not a list/],
  ['{"tokens":[1]}', /tokens\[0\] is not an object/],
  [
    JSON.stringify({ tokens: [token, { ...token, role: 'king' }] }),
    /tokens\[1\]\.role is 'king', and is one of/,
  ],
  [JSON.stringify({ tokens: [{ ...token, claim: undefined }] }), /tokens\[0\]\.claim is not a text/],
  [JSON.stringify({ tokens: [{ ...token, value: '' }] }), /tokens\[0\]\.value is not a text/],
  [JSON.stringify({ tokens: [{ ...token, hub: 'orders' }] }), /tokens\[0\] has 'hub'/],
  [JSON.stringify({ certificates: [{ ...certificate, name: 7 }] }), /certificates\[0\]\.name is not a text/],
])('%s is refused in one line that says where', (text, words) => {
  expect(() => parseGrants(text)).toThrow(words);
});
