import type { X509Certificate } from 'node:crypto';
import { cutEnd } from '../lib/bound-text.ts';
import { stripControlCharacters } from '../lib/strip-control-characters.ts';
import type { CertificateEntry } from './certificate-report.ts';

/** A certificate can hold names of any length and number; these suffice to recognize it. */
const LIMITS = { characters: 256, names: 32 } as const;

const DAY = 24 * 60 * 60 * 1000;

function bound(text: string): string {
  return cutEnd(stripControlCharacters(text), LIMITS.characters);
}

/** Returns a distinguished name on one line. For an empty one, Node returns undefined, whatever its types say. */
function describeName(name: string | undefined): string {
  return bound((name ?? '').split('\n').join(', '));
}

/** Splits Node's list of alternative names, which quotes those that contain a comma. */
function alternativeNames(list: string | undefined): readonly string[] {
  const names = (list ?? '').match(/[^,"]*"(?:[^"\\]|\\.)*"|[^,]+/g) ?? [];
  const shown = names.slice(0, LIMITS.names).map((name) => bound(name.trim()));
  const more = names.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}

export type DescribedCertificate = Omit<CertificateEntry, 'role' | 'key' | 'inCaBundle'>;

export function describeCertificate(certificate: X509Certificate, now: Date): DescribedCertificate {
  const { subject, subjectAltName, issuer, validFromDate, validToDate, fingerprint256 } = certificate;
  return {
    subject: describeName(subject),
    subjectAltNames: alternativeNames(subjectAltName),
    issuer: describeName(issuer),
    notBefore: validFromDate.toISOString(),
    notAfter: validToDate.toISOString(),
    daysLeft: Math.floor((validToDate.getTime() - now.getTime()) / DAY),
    fingerprint256,
  };
}
