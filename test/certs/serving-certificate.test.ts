import { X509Certificate } from 'node:crypto';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { CERTIFICATE_TIMES } from '../../src/certs/certificate-times.ts';
import { findCertificateFault, isSigningAuthority } from '../../src/certs/find-certificate-fault.ts';
import {
  createAuthority,
  generateServingCertificate,
  isDue,
  issueCertificate,
  LOCAL_NAMES,
  renewCertificate,
  serviceNames,
  validityOf,
} from '../../src/certs/serving-certificate.ts';

const names = [...serviceNames('wasmgate', 'wasmgate-system'), ...LOCAL_NAMES];
const bundle = await generateServingCertificate(names);
const other = await generateServingCertificate(names);
const { to: endOfBundle } = validityOf(bundle.cert);
const inDays = (days: number): Date => new Date(Date.now() + days * 24 * 60 * 60 * 1000);

test('names the Service and this machine, for server authentication only, with an EC key', () => {
  const cert = new X509Certificate(bundle.cert);
  expect(cert.subjectAltName).toBe(
    'DNS:wasmgate.wasmgate-system.svc, DNS:wasmgate.wasmgate-system.svc.cluster.local, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
  );
  expect(cert.publicKey.asymmetricKeyType).toBe('ec');
  expect(cert.ca).toBe(false);
  expect(cert.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  expect(new X509Certificate(bundle.caCert).ca).toBe(true);
});

test('serves a client that trusts its CA, and no other', async () => {
  const server = createServer(
    { cert: bundle.cert, key: bundle.key },
    (_request, response) => void response.end('served'),
  );
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const { port } = server.address() as AddressInfo;
  const ask = (ca: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      get(`https://127.0.0.1:${port}`, { ca, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
  expect(await ask(bundle.caCert)).toBe(200);
  await expect(ask(other.caCert)).rejects.toThrow(/certificate/);
  server.close();
});

test.for<readonly [name: string, fault: RegExp, ask: () => string | null]>([
  ['as made', /^no fault$/, () => findCertificateFault(bundle, names)],
  ['asked for some of its names', /^no fault$/, () => findCertificateFault(bundle, ['localhost'])],
  [
    'asked for another host',
    /does not name other\.svc/,
    () => findCertificateFault(bundle, ['localhost', 'other.svc']),
  ],
  [
    'asked for another address',
    /does not name 10\.0\.0\.1/,
    () => findCertificateFault(bundle, ['10.0.0.1']),
  ],
  [
    'shortly before its end',
    /no fault/,
    () => findCertificateFault(bundle, names, new Date(endOfBundle.getTime() - 1000)),
  ],
  [
    'shortly after its end',
    /expired/,
    () => findCertificateFault(bundle, names, new Date(endOfBundle.getTime() + 1000)),
  ],
  ['with the key of another', /its key/, () => findCertificateFault({ ...bundle, key: other.key }, names)],
  ['with the CA of another', /sign/, () => findCertificateFault({ ...bundle, caCert: other.caCert }, names)],
  [
    'with text in its place',
    /not a certificate/,
    () => findCertificateFault({ ...bundle, cert: 'x' }, names),
  ],
  ['without a key', /its key/, () => findCertificateFault({ ...bundle, key: '' }, names)],
])('a certificate %s', ([, fault, ask]) => {
  expect(ask() ?? 'no fault').toMatch(fault);
});

test.for<readonly [name: string, signs: boolean, ask: () => boolean]>([
  ['as made', true, () => isSigningAuthority(bundle, inDays(0))],
  ['after its end', false, () => isSigningAuthority(bundle, inDays(3651))],
  ['without its key', false, () => isSigningAuthority({ ...bundle, caKey: '' }, inDays(0))],
  ['that is no CA', false, () => isSigningAuthority({ caCert: bundle.cert, caKey: bundle.key }, inDays(0))],
])('a CA %s', ([, signs, ask]) => {
  expect(ask()).toBe(signs);
});

test('no certificate outlives its CA', async () => {
  const times = { ...CERTIFICATE_TIMES, authorityMilliseconds: 24 * 60 * 60 * 1000, now: new Date() };
  const authority = await createAuthority(times);
  const { cert } = await issueCertificate(names, authority, times);
  expect(validityOf(cert).to).toEqual(validityOf(authority.caCert).to);
});

test('each CA has a name of its own, by which a client finds it in a bundle', () => {
  const subjects = [bundle, other].map(({ caCert }) => new X509Certificate(caCert).subject);
  expect(new Set(subjects).size).toBe(2);
});

test('a certificate is due when less than half of its life is left', () => {
  const { from, to } = validityOf(bundle.cert);
  const half = (from.getTime() + to.getTime()) / 2;
  expect(isDue(bundle.cert, new Date(half - 1000))).toBe(false);
  expect(isDue(bundle.cert, new Date(half + 1000))).toBe(true);
});

test('renewing returns the same bundle while it can serve, else a new certificate by the same CA', async () => {
  expect(await renewCertificate(bundle, names)).toBe(bundle);
  const renewed = await renewCertificate(bundle, [...names, 'new.svc']);
  expect(renewed.caCert).toBe(bundle.caCert);
  expect(findCertificateFault(renewed, [...names, 'new.svc'])).toBeNull();
  const first = await renewCertificate(null, names);
  expect(findCertificateFault(first, names)).toBeNull();
});
