import { readCertificate, splitCertificates } from './parse-certificates.ts';

/** The `caBundle` of each webhook of one configuration as it was found; null if the configuration does not exist. */
export type FoundBundles = readonly string[] | null;

export interface TrustWatch {
  /** Notes what a check found. */
  readonly note: (found: readonly FoundBundles[], next: string | null) => void;
  /** Notes that a check could not see: the wait begins again. */
  readonly interrupt: () => void;
  /** Returns the next CA if every check found it in every webhook for long enough; else null. */
  readonly proven: () => string | null;
  /** Reports whether the API server would accept what this CA issued, as far as the last look shows. */
  readonly accepts: (ca: string) => boolean;
  readonly trusted: () => readonly string[];
}

/** Reports whether a text holds a certificate, however it is wrapped. */
function holdsCertificate(pem: string, certificate: string): boolean {
  const wanted = readCertificate(certificate);
  return (
    wanted !== null &&
    splitCertificates(pem).some((one) => readCertificate(one)?.raw.equals(wanted.raw) === true)
  );
}

/** Watches which CAs the API server trusts, by what each check finds in the webhook configurations. */
export function createTrustWatch(elapsed: () => number, overlapMilliseconds: number): TrustWatch {
  let found: readonly FoundBundles[] = [];
  /** The first and the last of the checks that all found the next CA in every webhook. */
  let overlap: { readonly ca: string; readonly first: number; readonly last: number } | null = null;

  const isEverywhere = (ca: string): boolean =>
    found.every(
      (bundles) =>
        bundles !== null && bundles.length > 0 && bundles.every((bundle) => holdsCertificate(bundle, ca)),
    );

  return {
    note: (seen, next) => {
      found = seen;
      const last = elapsed();
      const first = overlap?.ca === next ? overlap.first : last;
      overlap = next !== null && isEverywhere(next) ? { ca: next, first, last } : null;
    },
    interrupt: () => void (overlap = null),
    proven: () =>
      overlap !== null && overlap.last - overlap.first >= overlapMilliseconds ? overlap.ca : null,
    // Without configurations, no API server calls.
    accepts: (ca) => found.every((bundles) => bundles === null) || isEverywhere(ca),
    trusted: () => found.flatMap((bundles) => bundles ?? []).flatMap(splitCertificates),
  };
}
