import { type PeerCertificate } from 'node:tls';
import { SchedulerError } from '../domain/errors.ts';
import { type CertificateGrant } from './grants-file.ts';
import { type Principal } from './principal.ts';

/** What of a certificate counts. That an authority of ours signed it was seen when the connection was made. */
export type ShownCertificate = Pick<
  PeerCertificate,
  'fingerprint256' | 'subject' | 'subjectaltname' | 'valid_to'
>;

interface KnownCertificate {
  readonly principal: Principal;
  readonly untilMs: number;
}

/** Certificates that are remembered; of more, the oldest are read again. */
const REMEMBERED = 10_000;

/** Tells who shows a certificate, by its names. */
export class ClientCertificates {
  readonly #table: readonly CertificateGrant[];
  readonly #known = new Map<string, KnownCertificate>();

  constructor(table: readonly CertificateGrant[]) {
    this.#table = table;
  }

  /** Throws what the caller is told when it gives no role, or has expired since the connection was made. */
  principalOf(shown: ShownCertificate): Principal {
    const { principal, untilMs } = this.#known.get(shown.fingerprint256) ?? this.#read(shown);
    if (Date.now() < untilMs) return principal;
    throw new SchedulerError('unauthenticated', 'the certificate has expired');
  }

  #read(shown: ShownCertificate): KnownCertificate {
    const names = namesOf(shown);
    const grants = this.#table.filter(({ name }) => names.includes(name));
    if (grants.length === 0) {
      throw new SchedulerError(
        'permission_denied',
        'the certificate is valid, but none of its names has a role here (PERDURA_GRANTS_FILE)',
      );
    }
    // The one by which it has its first role, not what stands beside it.
    const id = grants[0]?.name ?? '';
    const known: KnownCertificate = {
      principal: { knownBy: 'certificate', id, name: id, grants },
      untilMs: Date.parse(shown.valid_to),
    };
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(shown.fingerprint256, known);
    return known;
  }
}

/** The alternative names, then the common one. Node quotes a name that could be taken for several: such a one counts for nothing. */
export function namesOf({ subject, subjectaltname = '' }: ShownCertificate): string[] {
  const alternative = subjectaltname
    .split(', ')
    .map((entry) => /^(?:DNS|URI|email):([^"]+)$/.exec(entry)?.[1])
    .filter((name) => name !== undefined);
  const common = [subject.CN ?? []].flat();
  return [...(subjectaltname.includes('"') ? [] : alternative), ...common];
}
