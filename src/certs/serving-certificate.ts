import { randomBytes, X509Certificate } from 'node:crypto';
import { CERTIFICATE_TIMES, type CertificateTimes } from './certificate-times.ts';
import { findCertificateFault, isSigningAuthority } from './find-certificate-fault.ts';
import {
  writeAuthority,
  writeServingCertificate,
  type Validity,
  type WrittenCertificate,
} from './write-x509.ts';

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
  authority: CertificateAuthority,
  { now, backdateMilliseconds, servingMilliseconds }: IssueTimes,
): WrittenCertificate {
  const from = new Date(now.getTime() - backdateMilliseconds);
  // No certificate outlives its CA.
  const end = Math.min(now.getTime() + servingMilliseconds, validityOf(authority.caCert).to.getTime());
  return writeServingCertificate(names, authority, { from, to: new Date(end) });
}

/**
 * Creates a CA. Each has a name of its own: a client that finds two CAs of one name in a bundle may try only the first
 * (OpenSSL does).
 */
export function createAuthority({
  now,
  backdateMilliseconds,
  authorityMilliseconds,
}: IssueTimes): CertificateAuthority {
  const from = new Date(now.getTime() - backdateMilliseconds);
  const to = new Date(now.getTime() + authorityMilliseconds);
  const { cert, key } = writeAuthority(`wasmgate CA ${randomBytes(4).toString('hex')}`, { from, to });
  return { caCert: cert, caKey: key };
}

/** Returns when a certificate is valid. */
export function validityOf(pem: string): Validity {
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
export function generateServingCertificate(
  names: readonly string[],
  authority: CertificateAuthority | null = null,
): ServingCertificate {
  const times = { ...DEVELOPMENT_TIMES, now: new Date() };
  const { caCert, caKey } = authority ?? createAuthority(times);
  return { caCert, caKey, ...issueCertificate(names, { caCert, caKey }, times) };
}

/**
 * Returns the bundle itself if it can serve these names and half of its life is left; else a new one, by the same CA if that can
 * still sign.
 * @param known null if there is none yet
 */
export function renewCertificate(
  known: ServingCertificate | null,
  names: readonly string[],
): ServingCertificate {
  if (known === null) return generateServingCertificate(names);
  const now = new Date();
  if (findCertificateFault(known, names, now) === null && !isDue(known.cert, now)) return known;
  const canSign = isSigningAuthority(known, now) && !isDue(known.caCert, now);
  return generateServingCertificate(names, canSign ? known : null);
}
