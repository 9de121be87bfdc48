import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { SelfsignedOptions } from 'selfsigned';
import {
  findAuthorityFault,
  isKeyOf,
  readCertificate,
  findCertificateFault,
} from './find-certificate-fault.ts';

export const CERTIFICATE_LIFETIMES = {
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
export interface CertificateAuthority {
  readonly caCert: string;
  readonly caKey: string;
}

export interface ServingCertificate extends CertificateAuthority {
  readonly cert: string;
  readonly key: string;
}

const DAY = 24 * 60 * 60 * 1000;

/** Returns the names of a Service; the API server dials the first one. */
export function serviceNames(service: string, namespace: string): readonly string[] {
  return [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`];
}

/** Names for `clientConfig.url` and for tests on this machine. */
export const LOCAL_NAMES: readonly string[] = ['localhost', '127.0.0.1', '::1'];

/** Creates a serving certificate for these names, by the given CA or a new one. EC keys take a millisecond to create. */
export async function generateServingCertificate(
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
  // The default export is the whole CommonJS module, which has no named exports in a chunk of the bundle.
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

/** Returns when a certificate is valid. */
export function validityOf(pem: string): { readonly from: Date; readonly to: Date } {
  const { validFromDate, validToDate } = new X509Certificate(pem);
  return { from: validFromDate, to: validToDate };
}

/** Returns the CA of a bundle if it can still sign, so that a new serving certificate needs no new trust. */
export function reusableAuthority(
  bundle: ServingCertificate,
  now: Date = new Date(),
): CertificateAuthority | null {
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
