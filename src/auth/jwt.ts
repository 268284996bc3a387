// Tokens (JWT) of one issuer. A token is verified once and then known by its hash until it expires: a call with one that is
// known costs a hash. The issuer's keys come from where its discovery document says, and are read again when a token names
// one that is not known, every few seconds at most.
import { hash } from 'node:crypto';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { SchedulerError, unavailable } from '../domain/errors.ts';
import { type Method } from './authenticator.ts';
import { type TokenGrant } from './grants-file.ts';
import { type Principal } from './principal.ts';

/** Signatures that only the issuer can make. With HMAC whoever verifies could sign, and `none` is no signature. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** Clocks of the issuer and of this machine may differ by so much. */
const LEEWAY_SECONDS = 30;
const KEYS_AGAIN_MS = 5_000;
const KEYS_FRESH_MS = 10 * 60_000;
const ISSUER_TIMEOUT_MS = 5_000;
/** What keeps the issuer from being asked is told so often at most. */
const TOLD_EVERY_MS = 60_000;
/** Tokens that are remembered; of more, the oldest are verified again. */
const REMEMBERED = 10_000;

export interface JwtOptions {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly grants: readonly TokenGrant[];
  /** Told why the issuer can't be asked, but not for each call. */
  readonly onUnreachable: (error: unknown) => void;
}

interface KnownToken {
  readonly principal: Principal;
  readonly untilMs: number;
}

export class Jwt implements Method {
  readonly #options: JwtOptions;
  readonly #known = new Map<string, KnownToken>();
  readonly #verifying = new Map<string, Promise<Principal | undefined>>();
  #keys: Promise<JWTVerifyGetKey> | undefined;
  #toldAt = -Infinity;

  constructor(options: JwtOptions) {
    this.#options = options;
  }

  takes(credential: string): boolean {
    return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(credential);
  }

  known(credential: string): Principal | undefined {
    const found = this.#known.get(hashOf(credential));
    return found && Date.now() < found.untilMs ? found.principal : undefined;
  }

  find(credential: string): Promise<Principal | undefined> {
    const key = hashOf(credential);
    const verifying = this.#verifying.get(key) ?? this.#verify(credential, key);
    this.#verifying.set(key, verifying);
    return verifying.finally(() => {
      this.#verifying.delete(key);
    });
  }

  async #verify(credential: string, key: string): Promise<Principal | undefined> {
    const { issuer, audiences: audience, grants } = this.#options;
    const keys = await this.#issuerKeys();
    try {
      const { payload } = await jwtVerify(credential, keys, {
        ...{ issuer, audience: [...audience], algorithms: ALGORITHMS },
        ...{ clockTolerance: LEEWAY_SECONDS, requiredClaims: ['exp', 'sub'] },
      });
      const principal = toPrincipal(payload, grants);
      this.#remember(key, { principal, untilMs: ((payload.exp ?? 0) + LEEWAY_SECONDS) * 1000 });
      return principal;
    } catch (error) {
      if (isOfToken(error)) return undefined;
      throw this.#unreachable(error);
    }
  }

  #remember(key: string, token: KnownToken): void {
    if (this.#known.size >= REMEMBERED) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.set(key, token);
  }

  /** Looked up with the first token; the next one tries again when that failed. */
  #issuerKeys(): Promise<JWTVerifyGetKey> {
    this.#keys ??= discover(this.#options.issuer).catch((error: unknown) => {
      this.#keys = undefined;
      throw this.#unreachable(error);
    });
    return this.#keys;
  }

  #unreachable(error: unknown): SchedulerError {
    if (performance.now() - this.#toldAt > TOLD_EVERY_MS) {
      this.#toldAt = performance.now();
      this.#options.onUnreachable(error);
    }
    return unavailable('the issuer of tokens can not be asked for its keys now; try again', error);
  }
}

async function discover(issuer: string): Promise<JWTVerifyGetKey> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(ISSUER_TIMEOUT_MS), redirect: 'error' });
  const document: unknown = await answer.json();
  const { issuer: named, jwks_uri: keys } = { ...(document as Readonly<Record<string, unknown>>) };
  if (!answer.ok || named !== issuer || typeof keys !== 'string') {
    throw new Error(`${url} is not the discovery document of ${issuer}`);
  }
  return createRemoteJWKSet(new URL(keys), {
    ...{ cooldownDuration: KEYS_AGAIN_MS, cacheMaxAge: KEYS_FRESH_MS, timeoutDuration: ISSUER_TIMEOUT_MS },
  });
}

/** A token that nothing gives a role is refused here: in every task hub it would be told that there is none. */
function toPrincipal(payload: JWTPayload, table: readonly TokenGrant[]): Principal {
  const grants = table.filter(({ claim, value }) => hasValue(payload[claim], value));
  const { sub: id = '' } = payload;
  if (grants.length > 0) return { knownBy: 'token', id, name: id, grants };
  throw new SchedulerError(
    'permission_denied',
    'the token is valid, but nothing in it gives a role here (PERDURA_GRANTS_FILE)',
  );
}

function hasValue(claim: unknown, value: string): boolean {
  return claim === value || (Array.isArray(claim) && claim.includes(value));
}

/** Whether the token is to blame. Throws for one whose signature is right: its owner may know what else is wrong. */
function isOfToken(error: unknown): boolean {
  if (error instanceof SchedulerError) throw error;
  if (error instanceof errors.JWTExpired) {
    throw new SchedulerError('unauthenticated', 'the token has expired');
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    throw new SchedulerError(
      'unauthenticated',
      `the token is not for this server: its claim '${error.claim}'`,
    );
  }
  return error instanceof errors.JOSEError && !ofIssuer.has(error.code);
}

/** Thrown by jose where the issuer does not answer with a set of keys. */
const ofIssuer: ReadonlySet<string> = new Set(['ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID', 'ERR_JWKS_TIMEOUT']);

function hashOf(credential: string): string {
  return hash('sha256', credential, 'base64');
}
