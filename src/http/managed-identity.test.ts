import { afterEach, beforeEach, expect, test } from 'vitest';
import { newApiKey } from '../auth/api-key.ts';
import { ApiKeys } from '../auth/api-keys.ts';
import { Authenticator } from '../auth/authenticator.ts';
import { type HttpListener } from '../telemetry/listen-http.ts';
import { startIdentityServer } from './managed-identity.ts';

const { id, text: key, hash } = newApiKey();
let isAway = false;
let server: HttpListener;

beforeEach(async () => {
  isAway = false;
  const keys = new ApiKeys(() =>
    isAway
      ? Promise.reject(new Error('away'))
      : Promise.resolve([{ id, hash, name: 'a key', role: 'worker', hubs: '*' }]),
  );
  server = await startIdentityServer({
    ...{ host: '127.0.0.1', port: 0, tls: undefined },
    authenticator: new Authenticator([keys]),
    audiences: ['https://durabletask.io'],
  });
});
afterEach(() => server.close());

const resource = 'https%3A%2F%2Fdurabletask.io';

async function ask(
  credential: string | undefined,
  path = `/msi/token?api-version=2019-08-01&resource=${resource}`,
  method = 'GET',
) {
  const headers = credential === undefined ? {} : { 'X-IDENTITY-HEADER': credential };
  const answer = await fetch(`http://${server.address}${path}`, { headers, method });
  return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, string>> };
}

test('who shows a key gets a token for an hour, which is that key', async () => {
  const { status, body } = await ask(key);
  expect(status).toBe(200);
  const { expires_on: expiresOn, ...rest } = body;
  expect(rest).toEqual({ access_token: key, token_type: 'Bearer', resource: 'https://durabletask.io' });
  expect(Number(expiresOn)).toBeGreaterThan(Date.now() / 1000 + 3_500);
});

test.each([
  ['no key', undefined, undefined, 401],
  ['a wrong key', newApiKey().text, undefined, 401],
  ['a token for something else', key, '/msi/token?resource=https://vault.azure.net', 400],
  ['a token for nothing', key, '/msi/token', 400],
  ['another path', key, '/', 404],
])('%s is refused, and the answer holds no key', async (_, credential, path, code) => {
  const { status, body } = await ask(credential, path);
  expect(status).toBe(code);
  expect(JSON.stringify(body)).not.toContain(key);
});

test('another method is refused', async () => {
  expect((await ask(key, undefined, 'POST')).status).toBe(404);
});

test('while keys can not be read nobody is told that his is wrong', async () => {
  isAway = true;
  expect((await ask(key)).status).toBe(503);
});
