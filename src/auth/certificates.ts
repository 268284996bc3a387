// The files of TLS. They are read every few seconds and compared, not watched: Kubernetes swaps a symbolic link two levels
// above them, and a watch on a file would stay with the old one. What can't be used (a key that belongs to another
// certificate, half a file) changes nothing: listeners keep what they have. Connections that are open never change.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { StartupError } from '../lib/startup-error.ts';
import { type TlsPems, type TlsSource } from '../lib/tls-source.ts';

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile: string | undefined;
}

export type Reload =
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'taken'; readonly expiresAt: Date }
  | { readonly outcome: 'refused'; readonly reason: string };

interface Checked {
  readonly pems: TlsPems;
  readonly expiresAt: Date;
}

/** The certificate of this server with its key, as the files have them now. */
export class Certificates implements TlsSource {
  readonly #files: CertificateFiles;
  readonly #listeners: ((next: TlsPems) => void)[] = [];
  #checked: Checked;
  /** Why the files were not taken when they were last read. */
  #refusal: string | undefined;

  /** Rejects with a `StartupError` when the files can't be used. */
  static async open(files: CertificateFiles): Promise<Certificates> {
    try {
      return new Certificates(files, check(await read(files)));
    } catch (error) {
      throw new StartupError(`TLS is not possible: ${reasonOf(error)}`);
    }
  }

  private constructor(files: CertificateFiles, checked: Checked) {
    this.#files = files;
    this.#checked = checked;
  }

  get current(): TlsPems {
    return this.#checked.pems;
  }

  get expiresAt(): Date {
    return this.#checked.expiresAt;
  }

  onChange(listener: (next: TlsPems) => void): void {
    this.#listeners.push(listener);
  }

  /** Reads the files again and tells listeners of what is new. The same refusal is told once. */
  async reload(): Promise<Reload> {
    try {
      const pems = await read(this.#files);
      const isKnown = sameText(pems, this.#checked.pems);
      if (!isKnown) this.#take(check(pems));
      this.#refusal = undefined;
      return isKnown ? { outcome: 'unchanged' } : { outcome: 'taken', expiresAt: this.expiresAt };
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === this.#refusal) return { outcome: 'unchanged' };
      this.#refusal = reason;
      return { outcome: 'refused', reason };
    }
  }

  #take(checked: Checked): void {
    this.#checked = checked;
    for (const listener of this.#listeners) listener(checked.pems);
  }
}

async function read({ certFile, keyFile, clientCaFile }: CertificateFiles): Promise<TlsPems> {
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
  return { cert, key, ca: clientCaFile === undefined ? undefined : await readFile(clientCaFile, 'utf8') };
}

/** Throws when a listener could not use them. */
function check(pems: TlsPems): Checked {
  const certificate = new X509Certificate(pems.cert);
  if (!certificate.checkPrivateKey(createPrivateKey(pems.key))) {
    throw new Error('the key does not belong to the certificate');
  }
  // OpenSSL passes over a file of authorities without any: then no client could ever be believed.
  if (pems.ca !== undefined) new X509Certificate(pems.ca);
  createSecureContext(pems);
  return { pems, expiresAt: certificate.validToDate };
}

function sameText(a: TlsPems, b: TlsPems): boolean {
  return a.cert === b.cert && a.key === b.key && a.ca === b.ca;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
