import type { X509Certificate } from 'node:crypto';
import { findAuthorityFault, findValidityFault } from './find-certificate-fault.ts';

function isSame(one: X509Certificate, other: X509Certificate): boolean {
  return one.raw.equals(other.raw);
}

function hasSigned(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/**
 * Returns why a client that trusts `roots` would reject a chain; null if it would not. Leaves the names and usages of the serving
 * certificate to others.
 * @param chain the serving certificate first, then intermediates in any order
 */
export function findTrustFault(
  [serving, ...intermediates]: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  now: Date,
): string | null {
  if (serving === undefined) return 'there is no certificate';
  let fault: string | null = null;
  /** Each certificate needs one visit, whatever path leads to it: paths through copies of one CA grow with their factorial. */
  const visited = new Set<X509Certificate>();
  /** Reports whether a path leads from the certificate to a root; keeps why the first one does not. */
  const isTrusted = (certificate: X509Certificate): boolean => {
    visited.add(certificate);
    // A client also trusts a certificate that is among its roots itself.
    if (roots.some((root) => isSame(root, certificate))) return true;
    return [...roots, ...intermediates].some((issuer) => {
      if (visited.has(issuer) || !hasSigned(issuer, certificate)) return false;
      const unfit = findAuthorityFault(issuer, now);
      if (unfit !== null) fault ??= `its CA cannot be used: ${unfit}`;
      return unfit === null && isTrusted(issuer);
    });
  };
  const invalid = findValidityFault(serving, now);
  if (invalid !== null) return invalid;
  return isTrusted(serving) ? null : (fault ?? 'no CA that is trusted has signed it');
}
