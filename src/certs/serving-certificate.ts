import { randomBytes, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { SelfsignedOptions } from 'selfsigned';
import { CERTIFICATE_TIMES, type CertificateTimes } from './certificate-times.ts';
import { findCertificateFault, isSigningAuthority } from './find-certificate-fault.ts';

/** PEM texts, one certificate. The key is secret. */
export interface CertificateAuthority {
  readonly caCert: string;
  readonly caKey: string;
}

export interface ServingCertificate extends CertificateAuthority {
  readonly cert: string;
  readonly key: string;
}

/** By whose clock and for how long certificates are issued. */
export interface IssueTimes extends Pick<
  CertificateTimes,
  'authorityMilliseconds' | 'servingMilliseconds' | 'backdateMilliseconds'
> {
  readonly now: Date;
}

/** Returns the names of a Service; the API server dials the first one. */
export function serviceNames(service: string, namespace: string): readonly string[] {
  return [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`];
}

/** Names for `clientConfig.url` and for tests on this machine. */
export const LOCAL_NAMES: readonly string[] = ['localhost', '127.0.0.1', '::1'];

/** Issues a serving certificate for these names. EC keys take a millisecond to create. */
export function issueCertificate(
  names: readonly string[],
  { caCert, caKey }: CertificateAuthority,
  times: IssueTimes,
): Promise<{ readonly cert: string; readonly key: string }> {
  const extensions: SelfsignedOptions['extensions'] = [
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    {
      name: 'subjectAltName',
      altNames: names.map((name) => (isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name })),
    },
  ];
  return generateCertificate('wasmgate', {
    ca: { cert: caCert, key: caKey },
    extensions,
    notBeforeDate: new Date(times.now.getTime() - times.backdateMilliseconds),
    // No certificate outlives its CA.
    notAfterDate: new Date(
      Math.min(times.now.getTime() + times.servingMilliseconds, validityOf(caCert).to.getTime()),
    ),
  });
}

/**
 * Creates a CA. Each has a name of its own: a client that finds two CAs of one name in a bundle may try only the first
 * (OpenSSL does).
 */
export async function createAuthority(times: IssueTimes): Promise<CertificateAuthority> {
  const { cert, key } = await generateCertificate(`wasmgate CA ${randomBytes(4).toString('hex')}`, {
    extensions: [
      { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
    notBeforeDate: new Date(times.now.getTime() - times.backdateMilliseconds),
    notAfterDate: new Date(times.now.getTime() + times.authorityMilliseconds),
  });
  return { caCert: cert, caKey: key };
}

/** Loads `selfsigned` only here: it takes several MiB, and most starts find their certificate. */
async function generateCertificate(
  commonName: string,
  options: Pick<SelfsignedOptions, 'ca' | 'extensions' | 'notBeforeDate' | 'notAfterDate'>,
): Promise<{ readonly cert: string; readonly key: string }> {
  // The default export is the whole CommonJS module, which has no named exports in a chunk of the bundle.
  const { default: selfsigned } = await import('selfsigned');
  const made = await selfsigned.generate([{ name: 'commonName', value: commonName }], {
    ...options,
    keyType: 'ec',
    algorithm: 'sha256',
  });
  return { cert: made.cert, key: made.private };
}

/** Returns when a certificate is valid. */
export function validityOf(pem: string): { readonly from: Date; readonly to: Date } {
  const { validFromDate, validToDate } = new X509Certificate(pem);
  return { from: validFromDate, to: validToDate };
}

/** Reports whether less than half of a certificate's life is left. */
export function isDue(pem: string, now: Date): boolean {
  const { from, to } = validityOf(pem);
  return to.getTime() - now.getTime() < (to.getTime() - from.getTime()) / 2;
}

/** No program renews a development certificate while it runs. */
const DEVELOPMENT_TIMES = {
  ...CERTIFICATE_TIMES,
  servingMilliseconds: CERTIFICATE_TIMES.authorityMilliseconds / 2,
};

/** Creates a serving certificate for development, by the given CA or a new one. */
export async function generateServingCertificate(
  names: readonly string[],
  authority: CertificateAuthority | null = null,
): Promise<ServingCertificate> {
  const times = { ...DEVELOPMENT_TIMES, now: new Date() };
  const { caCert, caKey } = authority ?? (await createAuthority(times));
  return { caCert, caKey, ...(await issueCertificate(names, { caCert, caKey }, times)) };
}

/**
 * Returns the bundle itself if it can serve these names and half of its life is left; else a new one, by the same CA if that can
 * still sign.
 * @param known null if there is none yet
 */
export async function renewCertificate(
  known: ServingCertificate | null,
  names: readonly string[],
): Promise<ServingCertificate> {
  if (known === null) return generateServingCertificate(names);
  const now = new Date();
  if (findCertificateFault(known, names, now) === null && !isDue(known.cert, now)) return known;
  const canSign = isSigningAuthority(known, now) && !isDue(known.caCert, now);
  return generateServingCertificate(names, canSign ? known : null);
}
