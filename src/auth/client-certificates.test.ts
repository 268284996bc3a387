import { describe, expect, test } from 'vitest';
import { ClientCertificates, namesOf, type ShownCertificate } from './client-certificates.ts';

const tomorrow = new Date(Date.now() + 86_400_000).toUTCString();

function shown(more: Partial<ShownCertificate> & { readonly cn?: string }): ShownCertificate {
  const { cn = 'worker', ...rest } = more;
  const subject = { C: '', ST: '', L: '', O: '', OU: '', CN: cn };
  return { fingerprint256: JSON.stringify(more), subject, subjectaltname: '', valid_to: tomorrow, ...rest };
}

const certificates = new ClientCertificates([
  { name: 'worker.example', role: 'worker', hubs: 'orders*' },
  { name: 'spiffe://example/reader', role: 'reader', hubs: '*' },
]);

describe('a certificate', () => {
  test.each([
    ['its common name', { cn: 'worker.example' }, 'worker'],
    ['a DNS name', { subjectaltname: 'DNS:other, DNS:worker.example' }, 'worker'],
    ['a URI', { subjectaltname: 'URI:spiffe://example/reader' }, 'reader'],
  ])('gives a role by %s, which says who it is', (_, certificate, role) => {
    const { grants, ...who } = certificates.principalOf(shown(certificate));
    expect(grants).toMatchObject([{ role }]);
    const name = role === 'worker' ? 'worker.example' : 'spiffe://example/reader';
    expect(who).toEqual({ knownBy: 'certificate', id: name, name });
  });

  test.each([
    ['another name', { cn: 'worker.example.org' }],
    ['its name in capitals', { cn: 'WORKER.EXAMPLE' }],
    ['an address', { subjectaltname: 'IP Address:worker.example' }],
    ['a name that is written like two', { subjectaltname: 'DNS:"x, DNS:worker.example"' }],
    ['one beside a name that is written like two', { subjectaltname: 'DNS:"x, DNS:y", DNS:worker.example' }],
  ])('gives none by %s', (_, certificate) => {
    expect(() => certificates.principalOf(shown(certificate))).toThrow(/none of its names has a role/);
  });

  test('that has expired on an open connection is refused, also when it was known', () => {
    const certificate = shown({ cn: 'worker.example', valid_to: new Date(Date.now() - 1).toUTCString() });
    for (let i = 0; i < 2; i++) {
      expect(() => certificates.principalOf(certificate)).toThrow('the certificate has expired');
    }
  });

  test('has its alternative names first', () => {
    expect(namesOf(shown({ subjectaltname: 'DNS:a, URI:b:c, email:d@e' }))).toEqual([
      'a',
      'b:c',
      'd@e',
      'worker',
    ]);
  });
});
