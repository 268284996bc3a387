import { ServerCredentials } from '@grpc/grpc-js';
import { MIN_TLS_VERSION, TLS_HANDSHAKE_MS, type TlsPems, type TlsSource } from '../lib/tls-source.ts';

/** How the gRPC port is secured: by TLS whose certificates may change while it listens, or not at all. */
export function serverCredentials(tls: TlsSource | undefined): ServerCredentials {
  return tls ? new ReloadedCredentials(tls) : ServerCredentials.createInsecure();
}

/** The library's own credentials are fixed. New certificates are for new connections: those that are open go on. */
class ReloadedCredentials extends ServerCredentials {
  constructor(tls: TlsSource) {
    const { ca } = tls.current;
    // A client that shows no certificate may have another credential, so the handshake refuses nobody.
    const options = { requestCert: ca !== undefined, rejectUnauthorized: false };
    super({ ...options, handshakeTimeout: TLS_HANDSHAKE_MS }, contextOf(tls.current));
    tls.onChange((next) => {
      this.updateSecureContextOptions(contextOf(next));
    });
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

function contextOf({ cert, key, ca }: TlsPems) {
  return { cert, key, ...(ca === undefined ? {} : { ca }), minVersion: MIN_TLS_VERSION } as const;
}
