import {
  findCertificateFault,
  generateServingCertificate,
  reusableAuthority,
  type ServingCertificate,
} from './serving-certificate.ts';

/**
 * The bundle itself where it can serve these names; else a new one, by the same CA where that can still sign.
 * @param known null where there is none yet
 */
export async function renewCertificate(
  known: ServingCertificate | null,
  names: readonly string[],
): Promise<ServingCertificate> {
  if (known !== null && findCertificateFault(known, names) === null) return known;
  return generateServingCertificate(names, known === null ? null : reusableAuthority(known));
}
