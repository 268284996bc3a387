import { EncryptJWT, exportSPKI, generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { OidcIssuer } from '../../test/helpers/oidc-issuer.ts';
import { Jwt } from './jwt.ts';

let issuer: OidcIssuer;
let jwt: Jwt;

beforeEach(async () => {
  issuer = await OidcIssuer.start();
  jwt = methodOf(issuer.url);
});
afterEach(async () => {
  vi.useRealTimers();
  await issuer.close();
});

function methodOf(url: string, onUnreachable: (error: unknown) => void = () => undefined): Jwt {
  return new Jwt({
    onUnreachable,
    issuer: url,
    audiences: ['https://durabletask.io', 'perdura'],
    grants: [
      { claim: 'roles', value: 'worker', role: 'worker', hubs: 'orders*' },
      { claim: 'sub', value: 'system:serviceaccount:orders:client', role: 'client', hubs: 'orders' },
    ],
  });
}

/** Lets time pass for whoever asks what it is. */
function later(seconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });
}

describe('a token', () => {
  test.each([
    [{ roles: ['reader', 'worker'] }, 'worker'],
    [{ roles: 'worker' }, 'worker'],
    [{ sub: 'system:serviceaccount:orders:client' }, 'client'],
  ])('gives the roles of its claims: %o', async (claims, role) => {
    const principal = await jwt.find(await issuer.token(claims));
    expect(principal?.grants.map((grant) => grant.role)).toEqual([role]);
    const subject = 'sub' in claims ? claims.sub : 'somebody';
    expect(principal).toMatchObject({ knownBy: 'token', id: subject, name: subject });
  });

  test('is verified once, and known until it expires', async () => {
    const token = await issuer.token({ roles: ['worker'] }, { expiresInSeconds: 60 });
    expect(jwt.known(token)).toBeUndefined();
    const [first, second] = await Promise.all([jwt.find(token), jwt.find(token)]);
    expect(second).toBe(first);
    expect(jwt.known(token)).toBe(first);
    expect(issuer.keyReads).toBe(1);
    later(89);
    expect(jwt.known(token)).toBe(first);
    later(2);
    expect(jwt.known(token)).toBeUndefined();
    await expect(jwt.find(token)).rejects.toMatchObject({
      code: 'unauthenticated',
      message: 'the token has expired',
    });
  });

  test('of a key that the issuer has since a moment ago is taken, one of its former key is not', async () => {
    const former = await issuer.token({ roles: ['worker'], n: 1 });
    await jwt.find(await issuer.token({ roles: ['worker'], n: 2 }));
    await issuer.rotate();
    later(6);
    expect(await jwt.find(await issuer.token({ roles: ['worker'] }))).toBeDefined();
    expect(await jwt.find(former)).toBeUndefined();
  });

  test.each([
    ['for another audience', { audience: 'https://other' }, "its claim 'aud'"],
    ['of another issuer', { issuer: 'https://other' }, "its claim 'iss'"],
    ['that has expired', { expiresInSeconds: -31 }, 'has expired'],
  ])('%s is refused, and told why', async (_, options, words) => {
    await expect(jwt.find(await issuer.token({ roles: ['worker'] }, options))).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining(words) as unknown,
    });
  });

  test('for one of several audiences is taken, and so is one within the leeway of clocks', async () => {
    expect(await jwt.find(await issuer.token({ roles: ['worker'] }, { audience: 'perdura' }))).toBeDefined();
    expect(
      await jwt.find(await issuer.token({ roles: ['worker'] }, { expiresInSeconds: -20 })),
    ).toBeDefined();
  });

  test('that gives no role is told so', async () => {
    await expect(jwt.find(await issuer.token({ roles: ['WORKER', 'worker '] }))).rejects.toMatchObject({
      code: 'permission_denied',
    });
    await expect(jwt.find(await issuer.token({ roles: { worker: true } }))).rejects.toMatchObject({
      code: 'permission_denied',
    });
  });
});

describe('a forged token is not valid:', () => {
  const claims = { sub: 'somebody', roles: ['worker'] };
  const signed = () =>
    new SignJWT(claims).setIssuer(issuer.url).setAudience('perdura').setExpirationTime('1h');

  test('without a signature', async () => {
    const token = new UnsecuredJWT(claims)
      .setIssuer(issuer.url)
      .setAudience('perdura')
      .setExpirationTime('1h');
    expect(await jwt.find(token.encode())).toBeUndefined();
    const good = await issuer.token({ roles: ['worker'] });
    expect(await jwt.find(good.replace(/[^.]*$/, ''))).toBeUndefined();
  });

  test('signed with what is public of the key, as a shared secret', async () => {
    const key = await importJWK(issuer.published, 'ES256', { extractable: true });
    const secret = new TextEncoder().encode(key instanceof Uint8Array ? '' : await exportSPKI(key));
    const token = await signed().setProtectedHeader({ alg: 'HS256', kid: '1' }).sign(secret);
    expect(await jwt.find(token)).toBeUndefined();
  });

  test('signed with a key of its own, which it brings along', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const header = { alg: 'ES256', kid: '1', jwk: issuer.published, jku: 'http://127.0.0.1:1/keys' };
    expect(await jwt.find(await signed().setProtectedHeader(header).sign(privateKey))).toBeUndefined();
  });

  test('with other claims than were signed', async () => {
    const [header, , signature] = (await issuer.token({ roles: ['reader'] })).split('.');
    const [, payload] = (await issuer.token({ roles: ['worker'] })).split('.');
    expect(await jwt.find(`${header ?? ''}.${payload ?? ''}.${signature ?? ''}`)).toBeUndefined();
  });

  test('of a key that nobody published, which is looked for every few seconds at most', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    await jwt.find(await issuer.token({ roles: ['worker'] }));
    for (let n = 0; n < 20; n++) {
      const token = await signed()
        .setProtectedHeader({ alg: 'ES256', kid: `x${n}` })
        .sign(privateKey);
      expect(await jwt.find(token)).toBeUndefined();
    }
    expect(issuer.keyReads).toBe(1);
  });

  test('encrypted, nested or of odd parts', async () => {
    const secret = new Uint8Array(32);
    const encrypted = new EncryptJWT(claims).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' });
    expect(jwt.takes(await encrypted.encrypt(secret))).toBe(false);
    for (const token of ['..', 'a.b', 'a.b.c.d', '', '{}.{}.{}']) expect(jwt.takes(token)).toBe(false);
    for (const token of ['a.b.c', 'bnVsbA.bnVsbA.', 'e30.e30.e30', `${'e30'.repeat(4000)}.e30.e30`]) {
      expect(await jwt.find(token)).toBeUndefined();
    }
  });
});

test('while the issuer is away new tokens wait for it, and known ones go on', async () => {
  const known = await issuer.token({ roles: ['worker'] });
  const late = await issuer.token({ roles: ['worker'], n: 2 });
  await jwt.find(known);
  await issuer.close();
  expect(jwt.known(known)).toBeDefined();
  expect(await jwt.find(late)).toBeDefined();
  const told: unknown[] = [];
  const fresh = methodOf(issuer.url, (error) => told.push(error));
  for (let i = 0; i < 3; i++) {
    await expect(fresh.find(late)).rejects.toMatchObject({ code: 'unavailable' });
  }
  expect(told).toHaveLength(1);
  const port = Number(new URL(issuer.url).port);
  issuer = await OidcIssuer.start(port);
  expect(await fresh.find(await issuer.token({ roles: ['worker'] }))).toBeDefined();
});
