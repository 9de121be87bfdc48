import { createPrivateKey, X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';
import { expect, test } from 'vitest';
import { findCertificateFault } from '../../src/certs/find-certificate-fault.ts';
import { writeAuthority, writeServingCertificate } from '../../src/certs/write-x509.ts';

const validity = { from: new Date('2026-11-29T08:00:00Z'), to: new Date('2036-11-29T08:00:00Z') };
const NOW = new Date('2030-01-01T00:00:00Z');
const authority = writeAuthority('a CA', validity);
const ca = { caCert: authority.cert, caKey: authority.key };

test('a CA signs itself, certificates and lists, and no other CA', () => {
  const certificate = new X509Certificate(authority.cert);
  expect(certificate.ca).toBe(true);
  expect(certificate.subject).toBe('CN=a CA');
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(authority.key))).toBe(true);
  // basicConstraints critical, CA:TRUE, pathlen:0; keyUsage critical, keyCertSign and cRLSign (RFC 5280).
  const raw = certificate.raw.toString('hex');
  expect(raw).toContain('30120603551d130101ff040830060101ff020100');
  expect(raw).toContain('300e0603551d0f0101ff040403020106');
});

test.for<readonly [name: string, names: readonly string[]]>([
  ['a name', ['wasmgate.wasmgate-system.svc']],
  ['addresses', ['127.0.0.1', '::1', '2001:db8::17']],
  ['names longer than 127 bytes together', [`${'a'.repeat(60)}.svc`, `${'b'.repeat(60)}.svc`, 'c.svc']],
  ['names longer than 255 bytes together', Array.from({ length: 60 }, (_, index) => `name-${index}.svc`)],
])('a certificate for %s is accepted for all of them', ([, names]) => {
  const { cert, key } = writeServingCertificate(names, ca, validity);
  expect(findCertificateFault({ cert, key, caCert: ca.caCert }, names, NOW)).toBeNull();
  expect(findCertificateFault({ cert, key, caCert: ca.caCert }, ['other.svc'], NOW)).toMatch(/does not name/);
});

test.for(['2049-12-31T23:59:59.000Z', '2050-01-01T00:00:00.000Z', '2131-02-03T04:05:06.000Z'])(
  'validity ends at %s',
  (end) => {
    const { cert } = writeAuthority('a CA', { ...validity, to: new Date(end) });
    const { validFromDate, validToDate } = new X509Certificate(cert);
    expect(validFromDate).toEqual(validity.from);
    expect(validToDate.toISOString()).toBe(end);
  },
);

test('the CA that 0.1.0 made issues certificates, whose issuer equals its subject byte for byte', async () => {
  const made = await generate([{ name: 'commonName', value: 'wasmgate CA' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: validity.from,
    notAfterDate: validity.to,
    extensions: [{ name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true }],
  });
  const names = ['wasmgate.wasmgate-system.svc'];
  const { cert, key } = writeServingCertificate(names, { caCert: made.cert, caKey: made.private }, validity);
  expect(findCertificateFault({ cert, key, caCert: made.cert }, names, NOW)).toBeNull();
  const authorityBytes = new X509Certificate(made.cert).raw.toString('hex');
  // A sequence of one set of one attribute: the common name.
  const [subject = 'none'] = /30..31..30..0603550403.{4}7761736d67617465204341/.exec(authorityBytes) ?? [];
  expect(new X509Certificate(cert).raw.toString('hex')).toContain(subject);
});

test('serial numbers are positive and differ', () => {
  const serials = Array.from({ length: 50 }, () => {
    const { cert } = writeServingCertificate(['a.svc'], ca, validity);
    return new X509Certificate(cert).serialNumber;
  });
  expect(new Set(serials).size).toBe(50);
  expect(serials.filter((serial) => !/^[4-7][0-9A-F]{31}$/.test(serial))).toEqual([]);
});
