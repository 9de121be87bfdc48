import type { X509Certificate } from 'node:crypto';

/** Returns why a certificate is not valid at a time, in milliseconds since 1970; null if it is, give or take the skew. */
export function findValidityFault(
  { validFromDate, validToDate }: X509Certificate,
  now: number,
  skew = 0,
): string | null {
  if (validToDate.getTime() + skew < now) return `expired at ${validToDate.toISOString()}`;
  return validFromDate.getTime() - skew > now ? `is not valid before ${validFromDate.toISOString()}` : null;
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function isSame(one: X509Certificate, other: X509Certificate): boolean {
  return one.raw.equals(other.raw);
}

/**
 * Returns why a client that trusts `roots` would reject a chain; null if it would not. Checks what Go's crypto/x509 checks of
 * signatures and validity, and leaves names and usages to others.
 * @param chain the serving certificate first, then intermediates in any order
 */
export function findTrustFault(
  [serving, ...intermediates]: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  now: number,
): string | null {
  if (serving === undefined) return 'there is no certificate';
  let fault: string | null = null;
  const isTrusted = (certificate: X509Certificate, unused: readonly X509Certificate[]): boolean => {
    const expired = findValidityFault(certificate, now);
    if (expired !== null) {
      fault ??= `${isSame(certificate, serving) ? 'it' : 'its CA'} ${expired}`;
      return false;
    }
    // A client also trusts a certificate that is among its roots itself.
    if (roots.some((root) => isSame(root, certificate))) return true;
    if (roots.some((root) => hasIssued(root, certificate) && isTrusted(root, []))) return true;
    return unused.some(
      (issuer) =>
        hasIssued(issuer, certificate) &&
        isTrusted(
          issuer,
          unused.filter((other) => other !== issuer),
        ),
    );
  };
  return isTrusted(serving, intermediates) ? null : (fault ?? 'no CA that is trusted has signed it');
}
