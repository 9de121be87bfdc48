import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { readCertificate } from './parse-certificates.ts';

/** Extended key usages (RFC 5280, 4.2.1.12). */
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ANY_USAGE = '2.5.29.37.0';

/** The rules of Go: only subject alternative names count, and a wildcard stands for the whole first label. */
const NAME_CHECK = { subject: 'never', partialWildcards: false } as const;

/** PEM texts. */
interface Checked {
  readonly caCert: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * Returns why no API server would accept the certificate for these names with this CA as `caBundle`; null if it would. Checks
 * what Go's crypto/x509 checks: key, issuer, validity, usages, names. Like Go, it allows no clock skew.
 */
export function findCertificateFault(
  bundle: Checked,
  names: readonly string[],
  now: Date = new Date(),
): string | null {
  const ca = readCertificate(bundle.caCert);
  const cert = readCertificate(bundle.cert);
  if (ca === null || cert === null) return 'it is not a certificate';
  if (!isKeyOf(cert, bundle.key)) return 'its key does not belong to it';
  return (
    findIssuerFault(cert, ca, now) ??
    findValidityFault(cert, now) ??
    findUsageFault(cert) ??
    findNameFault(cert, names)
  );
}

/** Curves of keys that wasmgate can issue with (`issueCertificate`): those of Web Crypto. */
const ISSUING_CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

/** Reports whether a CA is valid now and wasmgate can issue with it, with the key of its own. */
export function isSigningAuthority(
  { caCert, caKey }: { readonly caCert: string; readonly caKey: string },
  now: Date,
): boolean {
  const ca = readCertificate(caCert);
  if (ca === null || findAuthorityFault(ca, now) !== null || !isKeyOf(ca, caKey)) return false;
  const { namedCurve = '' } = ca.publicKey.asymmetricKeyDetails ?? {};
  return ISSUING_CURVES.has(namedCurve);
}

/** Returns why a certificate cannot be the issuer of another; null if it can. */
export function findAuthorityFault(ca: X509Certificate, now: Date): string | null {
  // Node reads both: CA:TRUE, and keyCertSign if the certificate limits its key usage.
  if (!ca.ca) return 'it is not a CA certificate that may sign (CA:TRUE, keyCertSign)';
  // Go nests usages: a CA that names some restricts its certificates to them.
  return findValidityFault(ca, now) ?? findUsageFault(ca);
}

export function isKeyOf(certificate: X509Certificate, keyPem: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false;
  }
}

function findIssuerFault(cert: X509Certificate, ca: X509Certificate, now: Date): string | null {
  // A certificate that is in the caBundle itself needs no issuer.
  if (cert.raw.equals(ca.raw)) return null;
  if (!cert.verify(ca.publicKey)) return 'its CA did not sign it';
  const fault = findAuthorityFault(ca, now);
  if (fault !== null) return `its CA cannot be used: ${fault}`;
  return cert.checkIssued(ca) ? null : 'it names another issuer than its CA';
}

export function findValidityFault({ validFromDate, validToDate }: X509Certificate, now: Date): string | null {
  if (validFromDate > now) return `it is not valid before ${validFromDate.toISOString()}`;
  return validToDate < now ? `it expired at ${validToDate.toISOString()}` : null;
}

/** Returns why a certificate cannot serve; null if it can. One that names no usage allows all. */
export function findUsageFault({ keyUsage: usages }: X509Certificate): string | null {
  // Node's name for the *extended* key usage; it is undefined, whatever its type says, for a certificate without one.
  if (usages === undefined || usages.length === 0) return null;
  return usages.includes(SERVER_AUTH) || usages.includes(ANY_USAGE)
    ? null
    : 'its extended key usage does not include server authentication';
}

/** Returns the first of the names that a certificate lacks, in words; null if it has all. */
export function findNameFault(cert: X509Certificate, names: readonly string[]): string | null {
  const missing = names.find(
    (name) => (isIP(name) === 0 ? cert.checkHost(name, NAME_CHECK) : cert.checkIP(name)) === undefined,
  );
  return missing === undefined ? null : `it does not name ${missing}`;
}
