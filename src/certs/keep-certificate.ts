import type { Logger } from '../lib/logger.ts';
import { findCertificateFault } from './find-certificate-fault.ts';
import type { KeptCertificate } from './kept-certificate.ts';
import { renewCertificate, type ServingCertificate } from './serving-certificate.ts';

/** The cluster as storage: a Secret for the certificate, and the webhook configurations for its CA. */
export interface CertificateStore {
  /** Returns the stored certificate, or stores what `renew` returns instead. */
  readonly load: (
    renew: (known: ServingCertificate | null) => Promise<ServingCertificate>,
  ) => Promise<ServingCertificate>;
  /** Returns the stored certificate; null if there is none. */
  readonly read: () => Promise<ServingCertificate | null>;
  /** Keeps the CA in the webhook configurations and reads it at an interval. Never rejects. */
  readonly keepCaBundle: (readCa: () => Promise<string>) => Promise<void>;
}

/**
 * Keeps the serving certificate in the cluster, and its CA in the webhook configurations. A replica that starts after the
 * Secret was deleted creates another CA. The running replicas must follow it: otherwise each would overwrite the other's CA
 * forever, and the API server would trust only some of them.
 */
export async function keepCertificate(
  { store, logger }: { readonly store: CertificateStore; readonly logger: Pick<Logger, 'info' | 'warn'> },
  names: readonly string[],
): Promise<KeptCertificate> {
  const load = (): Promise<ServingCertificate> =>
    store.load((known) =>
      renewCertificate(known, names, (fault) =>
        logger.warn({ fault }, 'replacing the serving certificate: API servers would not accept it'),
      ),
    );
  const first = await load();

  let served = first;
  /**
   * Leaves a deleted Secret to the next start, but replaces a certificate that cannot serve: clocks are corrected while
   * replicas run, and two replicas that disagree would overwrite each other's CA.
   */
  async function findReplacement(): Promise<ServingCertificate | null> {
    const stored = await store.read();
    if (stored === null) return null;
    const usable = findCertificateFault(stored, names) === null ? stored : await load();
    return usable.cert === served.cert ? null : usable;
  }

  const follow: KeptCertificate['follow'] = ({ onReplaced, onChecked }) => {
    const readCa = async (): Promise<string> => {
      const replacement = await findReplacement();
      onChecked();
      if (replacement !== null) {
        served = replacement;
        onReplaced(replacement);
        logger.info({}, 'serving the new certificate');
      }
      return served.caCert;
    };
    void store.keepCaBundle(readCa);
  };
  return { first, follow, fault: () => findCertificateFault(served, names) };
}
