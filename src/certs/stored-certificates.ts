import { splitCertificates } from './parse-certificates.ts';
import type { CertificateAuthority } from './serving-certificate.ts';

/** What the replicas share. PEM texts; keys are secret. */
export interface StoredCertificates {
  /** The serving certificate, issued by `authority`. */
  readonly cert: string;
  readonly key: string;
  readonly authority: CertificateAuthority;
  /** The CA that will issue after `authority`, once every API server trusts it. */
  readonly next: CertificateAuthority | null;
  /** All CAs to trust, the current one first: the text for `caBundle`. */
  readonly caBundle: string;
}

/** Data of the Secret, decoded. */
export type SecretTexts = Readonly<Record<string, string>>;

/**
 * Keys in the Secret. The first two are those of `kubernetes.io/tls`, so that other tools can read it. The first four are those of
 * 0.1.0, which writes the text of `ca.crt` into `caBundle` and takes its first certificate for the CA of `ca.key`.
 */
const KEYS = {
  cert: 'tls.crt',
  key: 'tls.key',
  caBundle: 'ca.crt',
  caKey: 'ca.key',
  nextCert: 'next-ca.crt',
  nextKey: 'next-ca.key',
} as const;

/** Reads what a Secret holds; null if it holds nothing of a certificate. Some texts may be empty or broken. */
export function readStored(texts: SecretTexts): StoredCertificates | null {
  const read = (key: string): string => texts[key] ?? '';
  const caBundle = read(KEYS.caBundle);
  const [caCert = ''] = splitCertificates(caBundle);
  const stored = {
    cert: read(KEYS.cert),
    key: read(KEYS.key),
    authority: { caCert, caKey: read(KEYS.caKey) },
    next: null,
    caBundle,
  };
  if ([stored.cert, stored.key, caBundle, stored.authority.caKey].every((text) => text === '')) return null;
  const next = { caCert: read(KEYS.nextCert), caKey: read(KEYS.nextKey) };
  return next.caCert === '' ? stored : { ...stored, next };
}

/** Returns the texts with these certificates; keys of others stay. */
export function writeStored(texts: SecretTexts, stored: StoredCertificates): SecretTexts {
  const { cert, key, authority, next, caBundle } = stored;
  const { [KEYS.nextCert]: _cert, [KEYS.nextKey]: _key, ...kept } = texts;
  return {
    ...kept,
    [KEYS.cert]: cert,
    [KEYS.key]: key,
    [KEYS.caBundle]: caBundle,
    [KEYS.caKey]: authority.caKey,
    ...(next === null ? {} : { [KEYS.nextCert]: next.caCert, [KEYS.nextKey]: next.caKey }),
  };
}
