import { loadDevelopmentCertificate } from '../certs/development.ts';
import { keepCertificate, type CertificateStore } from '../certs/keep-certificate.ts';
import type { KeptCertificate } from '../certs/kept-certificate.ts';
import { serviceNames } from '../certs/serving-certificate.ts';
import type { ServeFlags } from '../cli/serve.ts';
import { loadCertificateSecret, readCertificateSecret } from '../kubernetes/certificate-secret.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { createWebhookConfigurations } from '../kubernetes/webhook-configurations.ts';
import type { Logger } from '../lib/logger.ts';

/** The Service of the manifests. */
const SERVICE = 'wasmgate';

interface CertificateParts {
  readonly client: KubernetesClient;
  readonly logger: Logger;
  readonly namespace: string;
}

function createCertificateStore(
  { client, logger, namespace }: CertificateParts,
  signal: AbortSignal,
): CertificateStore {
  return {
    load: (renew) => loadCertificateSecret({ client, logger, renew }, { namespace }, signal),
    read: () => readCertificateSecret(client, { namespace }, signal),
    keepCaBundle: (readCa) => createWebhookConfigurations({ client, logger }).keepCaBundle(readCa, signal),
  };
}

/** Reads the certificate from a folder, if one is named; otherwise the cluster keeps it. */
export async function openCertificate(
  { certDir }: Pick<ServeFlags, 'certDir'>,
  parts: CertificateParts,
  signal: AbortSignal,
): Promise<KeptCertificate> {
  if (certDir !== undefined)
    return { first: await loadDevelopmentCertificate(certDir), follow: () => {}, fault: () => null };
  const { logger, namespace } = parts;
  const store = createCertificateStore(parts, signal);
  return keepCertificate({ store, logger }, serviceNames(SERVICE, namespace));
}
