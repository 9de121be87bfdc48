import { findCertificateFault } from './find-certificate-fault.ts';
import {
  generateServingCertificate,
  reusableAuthority,
  type ServingCertificate,
} from './serving-certificate.ts';

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
