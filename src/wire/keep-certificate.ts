import { findCertificateFault } from '../certs/find-certificate-fault.ts';
import { renewCertificate, serviceNames, type ServingCertificate } from '../certs/serving-certificate.ts';
import { loadCertificateSecret, readCertificateSecret } from '../kubernetes/certificate-secret.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { createWebhookConfigurations } from '../kubernetes/webhook-configurations.ts';
import type { LeveledLogger } from '../telemetry/log.ts';

export interface KeepingParts {
  readonly client: KubernetesClient;
  readonly logger: Pick<LeveledLogger, 'debug' | 'info' | 'warn' | 'error'>;
  readonly namespace: string;
}

export interface KeepingOptions {
  readonly service: string;
  readonly lookMilliseconds?: number;
}

export interface KeptCertificate {
  readonly first: ServingCertificate;
  /** Tells of each certificate that takes the place of the one before, until the signal aborts. */
  readonly follow: (onReplaced: (certificate: ServingCertificate) => void) => void;
}

/**
 * The certificate in the cluster, and its CA in the webhook configurations. A replica that starts after the Secret was
 * deleted makes another CA; those that run have to follow it, or they would overwrite each other's CA for ever, and the API
 * server trust only some of them.
 */
export async function keepCertificate(
  { client, logger, namespace }: KeepingParts,
  { service, ...look }: KeepingOptions,
  signal: AbortSignal,
): Promise<KeptCertificate> {
  const names = serviceNames(service, namespace);
  const renew = (known: ServingCertificate | null): Promise<ServingCertificate> =>
    renewCertificate(known, names, (fault) =>
      logger.warn({ namespace, fault }, 'Replacing the serving certificate: API servers would not accept it'),
    );
  const load = (): Promise<ServingCertificate> =>
    loadCertificateSecret({ client, logger, renew }, { namespace }, signal);
  const first = await load();

  let served = first;
  /**
   * A Secret that is gone is left to the next start. One that cannot serve is replaced here, too: clocks are set right while
   * replicas run, and two replicas that disagree about it would overwrite each other's CA.
   */
  async function findReplacement(): Promise<ServingCertificate | null> {
    const stored = await readCertificateSecret(client, { namespace }, signal);
    if (stored === null) return null;
    const usable = findCertificateFault(stored, names) === null ? stored : await load();
    return usable.cert === served.cert ? null : usable;
  }

  const follow: KeptCertificate['follow'] = (onReplaced) => {
    const readCa = async (): Promise<string> => {
      const replacement = await findReplacement();
      if (replacement !== null) {
        served = replacement;
        onReplaced(replacement);
        logger.info({ namespace }, 'Took the new serving certificate');
      }
      return served.caCert;
    };
    // Never rejects; it ends with the signal.
    void createWebhookConfigurations({ client, logger }, look).keepCaBundle(readCa, signal);
  };
  return { first, follow };
}
