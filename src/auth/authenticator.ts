import { SchedulerError } from '../domain/errors.ts';
import { type ClientCertificates, type ShownCertificate } from './client-certificates.ts';
import { type Principal } from './principal.ts';

/** A kind of credential that callers may send. */
export interface Method {
  /** Whether it has the form of this kind. */
  takes(credential: string): boolean;
  /** Who sends it, if that needs no look-up. */
  known(credential: string): Principal | undefined;
  /** Who sends it; undefined when it is not valid. May reject with a `SchedulerError` that says why. */
  find(credential: string): Promise<Principal | undefined>;
}

/** Longer ones are refused unread. */
const LONGEST_CREDENTIAL = 16_384;

const unauthenticated = (message: string): SchedulerError => new SchedulerError('unauthenticated', message);

/** Tells who calls by what they send as `authorization`. */
export class Authenticator {
  readonly #methods: readonly Method[];
  readonly #certificates: ClientCertificates | undefined;

  /** `certificates`: unset where clients are not asked for one. */
  constructor(methods: readonly Method[], certificates?: ClientCertificates) {
    this.#methods = methods;
    this.#certificates = certificates;
  }

  /** Who shows a certificate and nothing else; undefined without one. `shown` is asked only where it counts. */
  byCertificate(shown: () => ShownCertificate | undefined): Principal | undefined {
    const certificates = this.#certificates;
    const certificate = certificates && shown();
    return certificate && certificates.principalOf(certificate);
  }

  /** Who that is, if it needs no look-up. `header` is the value of `authorization`. */
  known(header: string): Principal | undefined {
    const credential = bearerOf(header);
    return credential === undefined ? undefined : this.#methodFor(credential)?.known(credential);
  }

  /** Rejects `unauthenticated` with what the caller can do about it, and not why: that would help those who guess. */
  async find(header: string | undefined): Promise<Principal> {
    if (header === undefined || header === '') {
      throw unauthenticated(
        "this server wants to know who calls: send the metadata 'authorization: Bearer …'",
      );
    }
    const credential = bearerOf(header);
    if (credential === undefined) {
      throw unauthenticated("the metadata 'authorization' is not 'Bearer' and one credential");
    }
    const principal = await this.#methodFor(credential)?.find(credential);
    if (!principal) throw unauthenticated('the credential is not valid: it is unknown, expired or revoked');
    return principal;
  }

  #methodFor(credential: string): Method | undefined {
    return this.#methods.find((method) => method.takes(credential));
  }
}

function bearerOf(header: string): string | undefined {
  if (header.length > LONGEST_CREDENTIAL) return undefined;
  return /^bearer +([\x21-\x2b\x2d-\x7e]+) *$/i.exec(header)?.[1];
}
