import type { CertificateTimes } from '../certs/certificate-times.ts';
import { loadDevelopmentCertificate } from '../certs/development.ts';
import { createCertificateKeeper, type CertificateCluster } from '../certs/keep-certificate.ts';
import type { KeptCertificate } from '../certs/kept-certificate.ts';
import { openMountedCertificate } from '../certs/mounted-certificate.ts';
import { serviceNames } from '../certs/serving-certificate.ts';
import type { ServeFlags } from '../cli/serve.ts';
import { readCertificateSecret } from '../kubernetes/certificate-secret.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { repeatCheck, retryUntilResult } from '../kubernetes/repeat-check.ts';
import type { ServerClock } from '../kubernetes/server-clock.ts';
import { createWebhookConfigurations } from '../kubernetes/webhook-configurations.ts';
import type { Logger } from '../lib/logger.ts';

/** The Service of the manifests. */
const SERVICE = 'wasmgate';

interface CertificateParts {
  readonly client: KubernetesClient;
  readonly clock: ServerClock;
  readonly logger: Logger;
  readonly namespace: string;
  readonly certificateTimes: CertificateTimes;
}

/** Joins the Secret, the webhook configurations and the clock of the API server. */
export function createCertificateCluster(
  parts: Omit<CertificateParts, 'certificateTimes'>,
  signal: AbortSignal,
): CertificateCluster {
  const { client, clock, namespace } = parts;
  const configurations = createWebhookConfigurations(parts);
  return {
    readSecret: () => readCertificateSecret(client, { namespace }, signal),
    readBundles: () => configurations.read(signal),
    ensureBundle: (caBundle) => configurations.ensure(caBundle, signal),
    now: clock.now,
  };
}

/** Keeps the certificate in the cluster: all replicas serve the one of the Secret. */
async function keepInCluster(parts: CertificateParts, signal: AbortSignal): Promise<KeptCertificate> {
  const { logger, namespace, certificateTimes: times } = parts;
  const cluster = createCertificateCluster(parts, signal);
  const keeper = createCertificateKeeper({ cluster, logger }, serviceNames(SERVICE, namespace), times);
  const first = await retryUntilResult(keeper.begin, { logger }, signal);
  const options = { logger, milliseconds: times.checkMilliseconds, what: 'keeping the certificates' };
  return {
    first,
    follow: (observer) => {
      // `begin` was the first check.
      observer.onChecked();
      void repeatCheck(() => keeper.check(observer), options, signal);
    },
    fault: keeper.fault,
  };
}

/** Opens the certificate of the folder that a flag names; otherwise wasmgate keeps one in the cluster. */
export async function openCertificate(
  { certDir, developmentCertificates }: Pick<ServeFlags, 'certDir' | 'developmentCertificates'>,
  parts: CertificateParts,
  signal: AbortSignal,
): Promise<KeptCertificate> {
  if (certDir !== undefined) {
    const names = serviceNames(SERVICE, parts.namespace);
    return openMountedCertificate(parts, { folder: certDir, names }, signal);
  }
  if (developmentCertificates === undefined) return keepInCluster(parts, signal);
  const first = await loadDevelopmentCertificate(developmentCertificates);
  return { first, follow: () => {}, fault: () => null };
}
