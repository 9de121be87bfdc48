// The rules of 0.1.0 for its certificates, copied from that release without a change, so that a test shows what it makes of a
// Secret that this version wrote. Do not mend or improve anything here.
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { isIP } from 'node:net';
import type { SelfsignedOptions } from 'selfsigned';
import { isObject, property, type JsonObject } from '../../../src/lib/json.ts';

/** wasmgate replaces a certificate this long before it expires. */
const RENEW_BEFORE_DAYS = 90;

const DAY = 24 * 60 * 60 * 1000;

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
function findCertificateFault(
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

/** Returns why a certificate cannot be the issuer of another; null if it can. */
function findAuthorityFault(ca: X509Certificate, now: Date): string | null {
  // Node reads both: CA:TRUE, and keyCertSign if the certificate limits its key usage.
  if (!ca.ca) return 'it is not a CA certificate that may sign (CA:TRUE, keyCertSign)';
  // Go nests usages: a CA that names some restricts its certificates to them.
  return findValidityFault(ca, now) ?? findUsageFault(ca);
}

function readCertificate(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

function isKeyOf(certificate: X509Certificate, keyPem: string): boolean {
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

function findValidityFault({ validFromDate, validToDate }: X509Certificate, now: Date): string | null {
  if (validFromDate > now) return `it is not valid before ${validFromDate.toISOString()}`;
  const renewal = validToDate.getTime() - RENEW_BEFORE_DAYS * DAY;
  return renewal < now.getTime() ? `it has expired or will soon (${validToDate.toISOString()})` : null;
}

/** A certificate that names no usage allows all. */
function findUsageFault({ keyUsage: usages }: X509Certificate): string | null {
  // Node's name for the *extended* key usage; it is undefined, whatever its type says, for a certificate without one.
  if (usages === undefined || usages.length === 0) return null;
  return usages.includes(SERVER_AUTH) || usages.includes(ANY_USAGE)
    ? null
    : 'its extended key usage does not include server authentication';
}

function findNameFault(cert: X509Certificate, names: readonly string[]): string | null {
  const missing = names.find(
    (name) => (isIP(name) === 0 ? cert.checkHost(name, NAME_CHECK) : cert.checkIP(name)) === undefined,
  );
  return missing === undefined ? null : `it does not name ${missing}`;
}

const CERTIFICATE_LIFETIMES = {
  /** The CA outlives several serving certificates, so that renewing one changes no webhook configuration. */
  caDays: 3650,
  /** Years, not months: renewal needs the API server, and an expired certificate silently disables the webhook. */
  servingDays: 1825,
  /**
   * Clocks of nodes differ, and the API server rejects a certificate "from the future" by its own clock. A certificate starts
   * this long ago, so replicas whose clocks differ by less never replace each other's.
   */
  clockSkewMinutes: 60,
} as const;

/** PEM texts. Keys are secret. */
interface CertificateAuthority {
  readonly caCert: string;
  readonly caKey: string;
}

export interface ServingCertificate extends CertificateAuthority {
  readonly cert: string;
  readonly key: string;
}

/** Creates a serving certificate for these names, by the given CA or a new one. EC keys take a millisecond to create. */
async function generateServingCertificate(
  names: readonly string[],
  authority: CertificateAuthority | null = null,
): Promise<ServingCertificate> {
  const ca = authority ?? (await generateAuthority());
  const { cert, key } = await generateCertificate('wasmgate', CERTIFICATE_LIFETIMES.servingDays, {
    ca: { cert: ca.caCert, key: ca.caKey },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) => (isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name })),
      },
    ],
  });
  return { ...ca, cert, key };
}

async function generateAuthority(): Promise<CertificateAuthority> {
  const { cert, key } = await generateCertificate('wasmgate CA', CERTIFICATE_LIFETIMES.caDays, {
    extensions: [
      { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { caCert: cert, caKey: key };
}

/** Loads `selfsigned` only here: it takes 14 MiB, and most starts find their certificate. */
async function generateCertificate(
  commonName: string,
  days: number,
  options: Pick<SelfsignedOptions, 'ca' | 'extensions'>,
): Promise<{ readonly cert: string; readonly key: string }> {
  // The default is the whole CommonJS module, which has no named exports in a chunk of the bundle.
  const { default: selfsigned } = await import('selfsigned');
  const now = Date.now();
  const made = await selfsigned.generate([{ name: 'commonName', value: commonName }], {
    ...options,
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - CERTIFICATE_LIFETIMES.clockSkewMinutes * 60_000),
    notAfterDate: new Date(now + days * DAY),
  });
  return { cert: made.cert, key: made.private };
}

/** Returns the CA of a bundle if it can still sign, so that a new serving certificate needs no new trust. */
function reusableAuthority(bundle: ServingCertificate, now: Date = new Date()): CertificateAuthority | null {
  const ca = readCertificate(bundle.caCert);
  // A certificate cannot outlive its CA.
  const servingEnd = new Date(now.getTime() + CERTIFICATE_LIFETIMES.servingDays * DAY);
  if (ca === null || findAuthorityFault(ca, now) !== null || ca.validToDate < servingEnd) return null;
  return isKeyOf(ca, bundle.caKey) ? { caCert: bundle.caCert, caKey: bundle.caKey } : null;
}

/**
 * Returns the bundle itself if it can serve these names; else a new one, by the same CA if that can still sign.
 * @param known null if there is none yet
 * @param onFault called with the reason if a bundle is replaced
 */
export async function renewCertificate(
  known: ServingCertificate | null,
  names: readonly string[],
  onFault: (fault: string) => void = () => undefined,
): Promise<ServingCertificate> {
  if (known === null) return generateServingCertificate(names);
  const fault = findCertificateFault(known, names);
  if (fault === null) return known;
  onFault(fault);
  return generateServingCertificate(names, reusableAuthority(known));
}

/** Keys in the Secret. The first two are those of `kubernetes.io/tls`, so that other tools can read it. */
const KEYS = { cert: 'tls.crt', key: 'tls.key', caCert: 'ca.crt', caKey: 'ca.key' } as const;

export function readBundle(secret: JsonObject): ServingCertificate | null {
  const data = property(secret, 'data');
  if (!isObject(data)) return null;
  const read = (key: string): string => {
    const value = property(data, key);
    return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
  };
  const bundle = {
    caCert: read(KEYS.caCert),
    caKey: read(KEYS.caKey),
    cert: read(KEYS.cert),
    key: read(KEYS.key),
  };
  return Object.values(bundle).every((text) => text === '') ? null : bundle;
}

/** What it writes into the Secret, in place of all data; it sets `caBundle` to the text of `caCert`. */
export function writeData(bundle: ServingCertificate): Readonly<Record<string, string>> {
  return {
    [KEYS.cert]: base64(bundle.cert),
    [KEYS.key]: base64(bundle.key),
    [KEYS.caCert]: base64(bundle.caCert),
    [KEYS.caKey]: base64(bundle.caKey),
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
