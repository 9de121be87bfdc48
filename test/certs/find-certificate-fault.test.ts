import { generate, type SelfsignedOptions } from 'selfsigned';
import { expect, test } from 'vitest';
import { findCertificateFault } from '../../src/certs/find-certificate-fault.ts';
import { renewCertificate } from '../../src/certs/serving-certificate.ts';

const NAME = 'wasmgate.wasmgate-system.svc';
const HOUR = 60 * 60 * 1000;
const YEAR = 365 * 24 * HOUR;

type Extension = NonNullable<SelfsignedOptions['extensions']>[number];

interface Wanted {
  readonly startsInHours?: number;
  readonly commonName?: string;
  readonly extensions: readonly Extension[];
}

const NAMED: Extension = { name: 'subjectAltName', altNames: [{ type: 2, value: NAME }] };
const SERVER: Extension = { name: 'extKeyUsage', serverAuth: true };
const CLIENT: Extension = { name: 'extKeyUsage', clientAuth: true };
const CA: Extension = { name: 'basicConstraints', cA: true, critical: true };
const NO_CA: Extension = { name: 'basicConstraints', cA: false, critical: true };

const AUTHORITY: Wanted = { extensions: [CA] };
const LEAF: Wanted = { extensions: [NO_CA, SERVER, NAMED] };

async function make(wanted: Wanted, ca?: { readonly cert: string; readonly key: string }) {
  const { startsInHours = -1, commonName = 'test', extensions } = wanted;
  const made = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() + startsInHours * HOUR),
    notAfterDate: new Date(Date.now() + 20 * YEAR),
    extensions: [...extensions],
    ...(ca === undefined ? {} : { ca }),
  });
  return { cert: made.cert, key: made.private };
}

async function issue(authority: Wanted, leaf: Wanted) {
  const ca = await make({ commonName: 'test CA', ...authority });
  return { caCert: ca.cert, caKey: ca.key, ...(await make(leaf, ca)) };
}

async function selfSigned(wanted: Wanted) {
  const { cert, key } = await make(wanted);
  return { caCert: cert, caKey: key, cert, key };
}

const signs: Extension = { name: 'keyUsage', keyCertSign: true, critical: true };
const onlyLists: Extension = { name: 'keyUsage', cRLSign: true, critical: true };

/** Each fault is what Go's crypto/x509 reports for the same certificate. */
test.for<readonly [name: string, fault: RegExp, bundle: () => ReturnType<typeof issue>]>([
  ['that starts in an hour', /not valid before/, () => issue(AUTHORITY, { ...LEAF, startsInHours: 1 })],
  [
    'by a CA that starts in an hour',
    /CA cannot.*not valid before/,
    () => issue({ ...AUTHORITY, startsInHours: 1 }, LEAF),
  ],
  ['for clients only', /extended key usage/, () => issue(AUTHORITY, { extensions: [NO_CA, CLIENT, NAMED] })],
  ['without usages', /^none$/, () => issue(AUTHORITY, { extensions: [NO_CA, NAMED] })],
  ['by an issuer with CA:FALSE', /not a CA/, () => issue({ extensions: [NO_CA] }, LEAF)],
  ['by an issuer without basic constraints', /not a CA/, () => issue({ extensions: [signs] }, LEAF)],
  ['by a CA that may sign lists only', /not a CA/, () => issue({ extensions: [CA, onlyLists] }, LEAF)],
  ['by a CA that may sign', /^none$/, () => issue({ extensions: [CA, signs] }, LEAF)],
  ['by a CA for clients only', /CA cannot.*usage/, () => issue({ extensions: [CA, CLIENT] }, LEAF)],
  [
    'with its name as common name only',
    /does not name/,
    () => issue(AUTHORITY, { commonName: NAME, extensions: [NO_CA, SERVER] }),
  ],
  ['that is its own caBundle', /^none$/, () => selfSigned(LEAF)],
  [
    'that is its own caBundle, for clients only',
    /extended key usage/,
    () => selfSigned({ extensions: [CLIENT, NAMED] }),
  ],
])('a certificate %s', async ([, fault, bundle]) => {
  expect(findCertificateFault(await bundle(), [NAME]) ?? 'none').toMatch(fault);
});

/** The first replica started on a node whose clock was three hours ahead. */
test('a certificate from the future is replaced, with its CA', async () => {
  const future = { startsInHours: 2 };
  const known = await issue({ ...AUTHORITY, ...future }, { ...LEAF, ...future });
  const renewed = await renewCertificate(known, [NAME]);
  expect(findCertificateFault(renewed, [NAME])).toBeNull();
  expect(renewed.caCert).not.toBe(known.caCert);
});

test('a certificate for clients only is replaced by one of the same CA', async () => {
  const known = await issue(AUTHORITY, { extensions: [NO_CA, CLIENT, NAMED] });
  const renewed = await renewCertificate(known, [NAME]);
  expect(renewed.caCert).toBe(known.caCert);
  expect(findCertificateFault(renewed, [NAME])).toBeNull();
});
