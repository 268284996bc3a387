import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate with its key, as files and as texts. */
export interface Issued {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

export interface Subject {
  readonly name: string;
  /** As OpenSSL writes them: `DNS:localhost,IP:127.0.0.1`. */
  readonly names?: string;
  readonly days?: number;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A certificate authority of a test, in a folder that goes with it. */
export class Authority implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'perdura-certificates-'));
  readonly caFile = join(this.folder, 'ca.pem');
  readonly #keyFile = join(this.folder, 'ca.key');
  #issued = 0;

  constructor(name = 'Authority of a test') {
    const extensions = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=keyCertSign'];
    const files = ['-keyout', this.#keyFile, '-out', this.caFile];
    openssl(['req', '-x509', ...newKey, ...files, '-days', '30', '-subj', `/CN=${name}`, ...extensions]);
  }

  get ca(): string {
    return readFileSync(this.caFile, 'utf8');
  }

  issue({ name, names = 'DNS:localhost,IP:127.0.0.1', days = 1 }: Subject): Issued {
    const file = join(this.folder, String(++this.#issued));
    const [certFile, keyFile, requestFile] = [`${file}.pem`, `${file}.key`, `${file}.csr`];
    openssl(['req', ...newKey, '-keyout', keyFile, '-out', requestFile, '-subj', `/CN=${name}`]);
    writeFileSync(`${file}.ext`, names === '' ? '' : `subjectAltName=${names}\n`);
    const signing = ['-CA', this.caFile, '-CAkey', this.#keyFile, '-CAcreateserial', '-days', String(days)];
    openssl([
      ...['x509', '-req', '-in', requestFile, '-out', certFile],
      ...signing,
      ...['-extfile', `${file}.ext`],
    ]);
    return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
