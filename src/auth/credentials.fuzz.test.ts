import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { anyText, fuzzFor } from '../../test/helpers/fuzz.ts';
import { OidcIssuer } from '../../test/helpers/oidc-issuer.ts';
import { SchedulerError } from '../domain/errors.ts';
import { newApiKey } from './api-key.ts';
import { ApiKeys } from './api-keys.ts';
import { Authenticator } from './authenticator.ts';
import { Jwt } from './jwt.ts';

// Credentials that nobody gave out, near to real ones and far from them: none lets anybody in, and none does harm.

const key = newApiKey();
const keys = new ApiKeys(() =>
  Promise.resolve([{ id: key.id, hash: key.hash, name: 'a key', role: 'admin', hubs: '*' }]),
);
let issuer: OidcIssuer;
let authenticator: Authenticator;
let token: string;

beforeAll(async () => {
  issuer = await OidcIssuer.start();
  const grants = [{ claim: 'roles', value: 'admin', role: 'admin', hubs: '*' } as const];
  const audiences = ['https://durabletask.io'];
  const jwt = new Jwt({ issuer: issuer.url, audiences, grants, onUnreachable: () => undefined });
  authenticator = new Authenticator([keys, jwt]);
  await keys.refresh();
  token = await issuer.token({ roles: ['admin'] });
  expect(await authenticator.find(`Bearer ${token}`)).toMatchObject({ grants });
});
afterAll(async () => {
  await issuer.close();
});

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** One that was signed, with one character changed, left out or added. */
function altered(text: string): fc.Arbitrary<string> {
  const character = fc.constantFrom('a', 'Q', 'Z', '0', '9', '-', '_', '.', '=', ' ');
  return fc
    .tuple(fc.nat(text.length - 1), fc.constantFrom(0, 1), fc.oneof(character, fc.constant('')))
    .map(([at, length, other]) => text.slice(0, at) + other + text.slice(at + length))
    .filter((other) => other.trim() !== text && signed(other) !== signed(text));
}

/** What is signed, and the bytes of the signature: its last character has bits to spare. */
function signed(text: string): string {
  const end = text.lastIndexOf('.') + 1;
  return text.slice(0, end) + Buffer.from(text.slice(end), 'base64url').toString('hex');
}

const algorithms = fc.constantFrom(
  'none',
  'None',
  'HS256',
  'HS512',
  'ES256',
  'RS256',
  'PS256',
  'EdDSA',
  '',
  null,
);
const oddHeaders = fc.record(
  {
    alg: algorithms,
    kid: fc.oneof(fc.constantFrom('1', '../1', "1' or '1'='1"), anyText),
    jku: fc.constant('http://127.0.0.1:1/keys'),
    x5u: fc.constant('http://127.0.0.1:1/x5'),
    jwk: fc.constant({ kty: 'oct', k: 'AAAA' }),
    crit: fc.constantFrom(['exp'], ['b64'], []),
    b64: fc.boolean(),
    zip: fc.constant('DEF'),
    typ: fc.constantFrom('JWT', 'at+jwt'),
    cty: fc.constant('JWT'),
  },
  { requiredKeys: [] },
);
const claims = fc.oneof(
  fc.constant({ sub: 'x', roles: ['admin'], aud: 'https://durabletask.io', exp: 9_999_999_999 }),
  fc.jsonValue({ maxDepth: 5 }),
);
const forged = fc
  .tuple(
    oddHeaders,
    claims,
    fc.oneof(
      fc.constant(''),
      fc.base64String().map((text) => text.replace(/[+/=]/g, '_')),
    ),
  )
  .map(([header, payload, signature]) => `${encoded(header)}.${encoded(payload)}.${signature}`);
const huge = fc
  .integer({ min: 1, max: 200 })
  .map((times) => `${'A'.repeat(times * 100)}.${'B'.repeat(100)}.CC`);

/** What it is refused with; undefined when it is let in. */
async function refusalOf(header: string): Promise<unknown> {
  if (authenticator.known(header)) return undefined;
  return authenticator.find(header).then(
    () => undefined,
    (error: unknown) => (error instanceof SchedulerError ? error.code : error),
  );
}

test('no token that was not signed lets anybody in', async () => {
  const credential = fc.oneof(altered(token), forged, huge, anyText);
  const header = credential.map((text) => `Bearer ${text}`);
  const tried = await fuzzFor(
    fc.asyncProperty(header, async (sent) => {
      expect(await refusalOf(sent)).toBe('unauthenticated');
    }),
    3,
  );
  expect(tried).toBeGreaterThan(500);
  expect(authenticator.known(`Bearer ${token}`), 'the real one still does').toBeDefined();
});

test('no key that was not made lets anybody in', async () => {
  const tried = await fuzzFor(
    fc.asyncProperty(altered(key.text), (sent) => {
      expect(authenticator.known(`Bearer ${sent}`)).toBeUndefined();
      return Promise.resolve();
    }),
    1,
  );
  expect(tried).toBeGreaterThan(500);
});

test('how long a key is looked at does not tell how much of it is right', () => {
  const right = key.text;
  const other = (text: string): string => (text === 'a' ? 'b' : 'a');
  const first = `${right.slice(0, -43)}${other(right.at(-43) ?? '')}${right.slice(-42)}`;
  const last = `${right.slice(0, -1)}${other(right.at(-1) ?? '')}`;
  const rounds = Array.from({ length: 2_000 }, () => [timeOf(first), timeOf(last)] as const);
  const [atFirst, atLast] = [medianOf(rounds.map(([ms]) => ms)), medianOf(rounds.map(([, ms]) => ms))];
  expect(atLast / atFirst).toBeGreaterThan(0.8);
  expect(atLast / atFirst).toBeLessThan(1.25);
});

/** Of ten looks, in milliseconds. */
function timeOf(credential: string): number {
  const begin = performance.now();
  for (let i = 0; i < 10; i++) keys.known(credential);
  return performance.now() - begin;
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
