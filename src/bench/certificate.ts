import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { StartupError } from '../lib/startup-error.ts';

/** A certificate for this machine's own addresses, signed by itself, in a folder that goes with it. */
export class Certificate implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'perdura-bench-'));
  readonly certFile = join(this.#folder, 'tls.crt');
  readonly keyFile = join(this.#folder, 'tls.key');

  /** Throws a `StartupError` where OpenSSL is not installed. */
  constructor() {
    const key = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      this.keyFile,
    ];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
    try {
      execFileSync('openssl', ['req', '-x509', ...key, '-days', '1', '-out', this.certFile, ...names], {
        stdio: 'pipe',
      });
    } catch (error) {
      this[Symbol.dispose]();
      const reason = error instanceof Error ? error.message : String(error);
      throw new StartupError(`a certificate can't be made, which takes the program openssl: ${reason}`);
    }
  }

  /** This process trusts it from now on. */
  trust(): void {
    setDefaultCACertificates([...getCACertificates(), readFileSync(this.certFile, 'utf8')]);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
