import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Authority, type Issued } from '../../test/helpers/certificates.ts';
import { type TlsPems } from '../lib/tls-source.ts';
import { Certificates } from './certificates.ts';

const authority = new Authority();
afterAll(() => {
  authority[Symbol.dispose]();
});

let folders = 0;

/** The folder of a mounted Kubernetes secret: files are links through `..data`, which is swapped as a whole. */
function mountedSecret(first: Issued) {
  const folder = join(authority.folder, `mounted-${++folders}`);
  mkdirSync(folder);
  let version = 0;
  const swap = (next: Pick<Issued, 'cert' | 'key'>): void => {
    const data = `..${++version}`;
    mkdirSync(join(folder, data));
    writeFileSync(join(folder, data, 'tls.crt'), next.cert);
    writeFileSync(join(folder, data, 'tls.key'), next.key);
    symlinkSync(data, join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  swap(first);
  for (const file of ['tls.crt', 'tls.key']) symlinkSync(join('..data', file), join(folder, file));
  const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
  return { files: { ...files, clientCaFile: authority.caFile }, swap };
}

describe('reload', () => {
  test('files that are swapped below their names are taken, once', async () => {
    const [first, second] = [
      authority.issue({ name: 'first' }),
      authority.issue({ name: 'second', days: 9 }),
    ];
    const { files, swap } = mountedSecret(first);
    const certificates = await Certificates.open(files);
    const heard: TlsPems[] = [];
    certificates.onChange((next) => heard.push(next));
    expect(await certificates.reload()).toEqual({ outcome: 'unchanged' });
    swap(second);
    expect(await certificates.reload()).toEqual({ outcome: 'taken', expiresAt: certificates.expiresAt });
    expect(await certificates.reload()).toEqual({ outcome: 'unchanged' });
    expect(heard).toEqual([{ cert: second.cert, key: second.key, ca: authority.ca }]);
    expect(certificates.current).toEqual(heard[0]);
    expect(certificates.expiresAt.getTime()).toBeGreaterThan(Date.now() + 8 * 86_400_000);
  });

  test('what can not be used changes nothing, is told once, and the next good files are taken', async () => {
    const [first, second] = [authority.issue({ name: 'first' }), authority.issue({ name: 'second' })];
    const { files, swap } = mountedSecret(first);
    const certificates = await Certificates.open(files);
    const heard: TlsPems[] = [];
    certificates.onChange((next) => heard.push(next));
    swap({ cert: second.cert, key: first.key });
    expect(await certificates.reload()).toEqual({
      outcome: 'refused',
      reason: 'the key does not belong to the certificate',
    });
    expect(await certificates.reload()).toEqual({ outcome: 'unchanged' });
    swap({ cert: second.cert.slice(0, 200), key: second.key });
    expect(await certificates.reload()).toMatchObject({ outcome: 'refused' });
    expect(certificates.current.cert).toBe(first.cert);
    expect(heard).toEqual([]);
    swap(second);
    expect(await certificates.reload()).toMatchObject({ outcome: 'taken' });
  });
});

describe('a start', () => {
  test.each([
    [
      'a certificate that is not there',
      { certFile: 'absent.pem' },
      /TLS is not possible: ENOENT.*absent\.pem/,
    ],
    ['authorities that are none', { clientCaFile: import.meta.filename }, /TLS is not possible/],
  ])('with %s is refused', async (_, wrong, words) => {
    const { certFile, keyFile } = authority.issue({ name: 'server' });
    const files = { certFile, keyFile, clientCaFile: undefined, ...wrong };
    await expect(Certificates.open(files)).rejects.toThrow(words);
  });
});
