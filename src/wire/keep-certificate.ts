import { renewCertificate } from '../certs/renew-certificate.ts';
import { findCertificateFault, serviceNames, type ServingCertificate } from '../certs/serving-certificate.ts';
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
    renewCertificate(known, names);
  const first = await loadCertificateSecret({ client, logger, renew }, { namespace }, signal);

  let served = first;
  /** A Secret that is gone, or cannot serve, is mended by the next start: nothing here is the worse for it. */
  async function findReplacement(): Promise<ServingCertificate | null> {
    const stored = await readCertificateSecret(client, { namespace }, signal);
    if (stored === null || stored.cert === served.cert) return null;
    return findCertificateFault(stored, names) === null ? stored : null;
  }

  const follow: KeptCertificate['follow'] = (onReplaced) => {
    const readCa = async (): Promise<string> => {
      const replacement = await findReplacement();
      if (replacement !== null) {
        served = replacement;
        onReplaced(replacement);
        logger.info({ namespace }, 'Took the certificate that another replica has made');
      }
      return served.caCert;
    };
    // Never rejects; it ends with the signal.
    void createWebhookConfigurations({ client, logger }, look).keepCaBundle(readCa, signal);
  };
  return { first, follow };
}
