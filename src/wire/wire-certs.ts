import { injectedFixes, OTHER_FIXES, ownFixes, type CertificateFixes } from '../certs/certificate-fixes.ts';
import type { CertificateProblem, CertificateReport, CertificateTexts } from '../certs/certificate-report.ts';
import { readMountedTexts } from '../certs/mounted-pair.ts';
import { failed, reportCertificates } from '../certs/report-certificates.ts';
import type { CertsDeps, CertsRequest } from '../cli/certs/certs-request.ts';
import type { Io } from '../cli/io.ts';
import { CERTIFICATE_SECRET, readSecretTexts } from '../kubernetes/certificate-secret.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import {
  readInstalledWebhooks,
  readSecretNameOfCertificate,
  type InstalledWebhooks,
} from '../kubernetes/installed-webhooks.ts';
import { isKubernetesError } from '../kubernetes/kubernetes-error.ts';
import { DEFAULT_NAMESPACE } from './assemble-assess.ts';
import { openUserCluster } from './open-user-cluster.ts';

const NEVER = new AbortController().signal;

interface SecretLocation {
  readonly namespace: string;
  readonly name: string;
  readonly fixes: CertificateFixes;
}

/** Finds the Secret that the replicas serve from: the named one, the one that cainjector trusts, or wasmgate's own. */
async function locateSecret(
  client: KubernetesClient,
  { namespace, secret }: CertsRequest,
  installed: Pick<InstalledWebhooks, 'injected' | 'namespace'>,
): Promise<SecretLocation> {
  const { injected } = installed;
  const inNamespace = namespace ?? injected?.namespace ?? installed.namespace ?? DEFAULT_NAMESPACE;
  if (injected === null) {
    const fixes = secret === undefined || secret === CERTIFICATE_SECRET ? ownFixes(inNamespace) : OTHER_FIXES;
    return { namespace: inNamespace, name: secret ?? CERTIFICATE_SECRET, fixes };
  }
  const fixes = injectedFixes(injected);
  if (secret !== undefined || injected.kind === 'secret')
    return { namespace: inNamespace, name: secret ?? injected.name, fixes };
  // Without the Certificate, assume that it is stored under its own name, as in the manifests.
  const name = await readSecretNameOfCertificate(client, injected, NEVER).catch((error: unknown) => {
    if (isKubernetesError(error, 'forbidden')) return null;
    throw error;
  });
  return { namespace: inNamespace, name: name ?? injected.name, fixes };
}

/** Returns a problem for what could not be read. @throws any other error */
function unread(error: unknown): CertificateProblem {
  if (!isKubernetesError(error)) throw error;
  return { kind: 'unknown', what: error.message, fix: error.advice ?? 'Try again.' };
}

interface ReadSecret {
  readonly location: SecretLocation;
  /** Null if there are none, or if they could not be read. */
  readonly texts: CertificateTexts | null;
  readonly problems: readonly CertificateProblem[];
}

async function readSecret(
  client: KubernetesClient,
  request: CertsRequest,
  installed: Pick<InstalledWebhooks, 'injected' | 'namespace'>,
): Promise<ReadSecret> {
  const location = await locateSecret(client, request, installed);
  const what = `secret "${location.namespace}/${location.name}"`;
  const fix = location.fixes.certificate;
  try {
    const texts = await readSecretTexts(client, location, NEVER);
    if (texts === null) return { location, texts, problems: [failed(`${what} does not exist`, fix)] };
    if (texts.size > 0) return { location, texts, problems: [] };
    return { location, texts: null, problems: [failed(`${what} is empty`, fix)] };
  } catch (error) {
    return { location, texts: null, problems: [unread(error)] };
  }
}

async function readWebhooks(client: KubernetesClient) {
  try {
    const installed = await readInstalledWebhooks(client, NEVER);
    const problems = installed.absent.map((name) =>
      failed(
        `${name} does not exist, so the API server does not call wasmgate`,
        'Apply the manifests again.',
      ),
    );
    return { installed, problems };
  } catch (error) {
    // A user may be allowed to read the Secret only. Otherwise, reading that would fail for the same reason.
    if (!isKubernetesError(error, 'forbidden')) throw error;
    return { installed: null, problems: [unread(error)] };
  }
}

async function readCluster(client: KubernetesClient, request: CertsRequest): Promise<CertificateReport> {
  const { installed, problems } = await readWebhooks(client);
  const secret = await readSecret(client, request, installed ?? { injected: null, namespace: null });
  const { namespace, name, fixes } = secret.location;
  const report = reportCertificates({
    source: { kind: 'secret', name: `${namespace}/${name}` },
    texts: secret.texts,
    webhooks: installed?.webhooks ?? null,
    fixes,
    now: new Date(),
  });
  return { ...report, problems: [...problems, ...secret.problems, ...report.problems] };
}

/** Returns a report even if the API server does not answer: its result is then unknown, and not a failure. */
async function readClusterOrProblem(
  client: KubernetesClient,
  request: CertsRequest,
): Promise<CertificateReport> {
  try {
    return await readCluster(client, request);
  } catch (error) {
    const { namespace = DEFAULT_NAMESPACE, secret = CERTIFICATE_SECRET } = request;
    const source = { kind: 'secret', name: `${namespace}/${secret}` } as const;
    return { source, certificates: [], webhooks: [], problems: [unread(error)] };
  }
}

async function readFolder(folder: string): Promise<CertificateReport> {
  const { cert, key, caCert } = await readMountedTexts(folder);
  const texts = new Map([
    ['tls.crt', cert],
    ['tls.key', key],
    ...(caCert === null ? [] : [['ca.crt', caCert] as const]),
  ]);
  const source = { kind: 'folder', name: folder } as const;
  return reportCertificates({ source, texts, webhooks: null, fixes: OTHER_FIXES, now: new Date() });
}

export function wireCerts(): CertsDeps {
  return {
    read: async (request, io: Io) =>
      request.certDir === undefined
        ? readClusterOrProblem((await openUserCluster(request.cluster, io.env)).client, request)
        : readFolder(request.certDir),
  };
}
