import { hostname } from 'node:os';
import type { AssessPod } from '../assess/assessment.ts';
import { createUnjudgedAdmissions } from '../assess/unjudged/unjudged-admissions.ts';
import { loadDevelopmentCertificate } from '../certs/development.ts';
import { keepCertificate, type CertificateStore, type KeptCertificate } from '../certs/keep-certificate.ts';
import { serviceNames } from '../certs/serving-certificate.ts';
import { EXIT_CODES, type ExitCode } from '../cli/command.ts';
import type { Io } from '../cli/io.ts';
import type { ServeFlags } from '../cli/serve.ts';
import { reloadPolicy } from '../config/reload-policy.ts';
import type { ImageCatalog } from '../images/image-catalog.ts';
import type { KeychainPort } from '../images/ports.ts';
import { loadCertificateSecret, readCertificateSecret } from '../kubernetes/certificate-secret.ts';
import { createKubernetesClient } from '../kubernetes/client.ts';
import { createCluster } from '../kubernetes/cluster.ts';
import { createEvents } from '../kubernetes/events.ts';
import { isKubernetesError } from '../kubernetes/kubernetes-error.ts';
import { createStoredPods } from '../kubernetes/live-reads.ts';
import { createPullSecrets } from '../kubernetes/pull-secrets.ts';
import { createServiceAccounts } from '../kubernetes/service-accounts.ts';
import { createWebhookConfigurations } from '../kubernetes/webhook-configurations.ts';
import { createDnsResolver } from '../registry/connection/dns-resolver.ts';
import { createApp, swapCertificate, serverTlsOptions } from '../server/app.ts';
import { createHealth } from '../server/health.ts';
import { listen, type Listening, stopSignal } from '../server/listen.ts';
import type { ServedMetrics } from '../server/metrics-server.ts';
import { createLogger, type LeveledLogger } from '../telemetry/log.ts';
import { createAssembler, createCatalog, DEFAULT_NAMESPACE, observeAssessments } from './assemble-assess.ts';
import { connectKubernetes } from './connect-kubernetes.ts';
import { connectRegistry } from './connect-registry.ts';
import { watchRegistryFiles } from './named-files.ts';
import { checkReloads, checkWatches } from './readiness.ts';
import { configurations, readServeSettings, type Settings } from './settings.ts';
import { createWebhookMetrics, openMetrics } from './webhook-metrics.ts';

/** The Service of the manifests. */
const SERVICE = 'wasmgate';

interface Surroundings extends Pick<Io, 'env'> {
  readonly signal: AbortSignal;
}

/** Loads the operator's credentials, and the code that reads them only if the configuration names any. */
async function loadOperatorKeychain(
  { registry }: Pick<Settings, 'registry'>,
  logger: LeveledLogger,
  env: Io['env'],
): Promise<KeychainPort | undefined> {
  const { dockerConfig, credentialProviders: providers } = registry;
  if (dockerConfig === undefined && providers === undefined) return undefined;
  const { loadKeychain, warnAboutUnreadableConfigs } = await import('../keychain/keychain.ts');
  const dockerConfigs = dockerConfig === undefined ? [] : [dockerConfig];
  await warnAboutUnreadableConfigs(dockerConfigs, logger);
  return loadKeychain({ logger }, { dockerConfigs, providers, env });
}

/** Creates and joins the parts; none of them runs yet. */
async function createParts(version: string, flags: ServeFlags, { env, signal }: Surroundings) {
  const settings = await readServeSettings(flags);
  const logger = createLogger(settings.log);
  const namespace = env['POD_NAMESPACE'] ?? DEFAULT_NAMESPACE;
  const keychain = await loadOperatorKeychain(settings, logger, env);
  const client = createKubernetesClient(await connectKubernetes(flags.kubeconfig, env));
  const cluster = createCluster({ client, logger });
  const metrics = createWebhookMetrics(version, cluster, signal);
  const reloads = checkReloads(metrics.onReload);
  const registry = await connectRegistry(settings.registry, {
    env,
    logger,
    resolver: createDnsResolver(),
    ...metrics.registry,
  });
  const pullSecrets = createPullSecrets({ client });
  const serviceAccounts = createServiceAccounts({ client, logger });
  const ports = { cluster, pullSecrets, serviceAccounts, keychain, registry };
  return { ...ports, version, settings, logger, namespace, client, metrics, reloads };
}

type Parts = Awaited<ReturnType<typeof createParts>>;

function createCertificateStore({ client, logger, namespace }: Parts, signal: AbortSignal): CertificateStore {
  return {
    load: (renew) => loadCertificateSecret({ client, logger, renew }, { namespace }, signal),
    read: () => readCertificateSecret(client, { namespace }, signal),
    keepCaBundle: (readCa) => createWebhookConfigurations({ client, logger }).keepCaBundle(readCa, signal),
  };
}

/** Reads the certificate from a folder, if one is named; otherwise the cluster keeps it. */
async function loadCertificate(
  { certDir }: ServeFlags,
  parts: Parts,
  signal: AbortSignal,
): Promise<KeptCertificate> {
  if (certDir !== undefined) return { first: await loadDevelopmentCertificate(certDir), follow: () => {} };
  const { logger, namespace } = parts;
  const store = createCertificateStore(parts, signal);
  return keepCertificate({ store, logger }, serviceNames(SERVICE, namespace));
}

/** Assesses under the current policy of the configuration file, if there is one. */
function followPolicy(
  { config: file, catalog }: Pick<ServeFlags, 'config'> & { readonly catalog: ImageCatalog },
  parts: Parts,
  signal: AbortSignal,
): AssessPod {
  const { settings, logger, reloads } = parts;
  const assemble = createAssembler({ ...parts, boundsWaits: true }, catalog);
  if (file === undefined) return assemble(settings);
  const { parse } = configurations;
  const { onReload } = reloads;
  const current = reloadPolicy({ file, assemble, parse, logger, onReload }, settings, signal);
  return (request) => current()(request);
}

/** Assesses for both webhooks: counts each result, and assesses again later if an image could not be read. */
function assembleAdmissions(flags: ServeFlags, parts: Parts, signal: AbortSignal): AssessPod {
  const { client, cluster, logger, metrics, settings } = parts;
  const { onEvent, unjudged } = metrics;
  const catalog = createCatalog(parts, settings);
  const assess = followPolicy({ ...flags, catalog }, parts, signal);
  const events = createEvents({ client, logger, onEvent }, { instance: hostname() });
  const pods = createStoredPods({ client });
  const admissions = createUnjudgedAdmissions(
    { assess, catalog, cluster, pods, events, logger, onDropped: unjudged.onDropped },
    {},
    signal,
  );
  unjudged.measure(admissions.pods);
  // Assessing an owner later is not counted: it decides no admission.
  return observeAssessments(assess, [admissions.note, metrics.onAssessed]);
}

/** Does everything between the first watch and listening; some steps wait for the API server. */
async function open(flags: ServeFlags, parts: Parts, signal: AbortSignal): Promise<Listening> {
  const { version, cluster, logger, metrics, settings } = parts;
  const certificate = await loadCertificate(flags, parts, signal);
  metrics.onCertificate(certificate.first);
  await watchRegistryFiles(settings.registry, { logger }, signal);
  const assess = assembleAdmissions(flags, parts, signal);
  const health = createHealth({ ...checkWatches(cluster), configuration: parts.reloads.check });
  const meter = metrics.answers;
  const app = createApp(
    { assess, health, logger, meter },
    { https: serverTlsOptions(certificate.first), logsDecisions: settings.log.decisions },
  );
  certificate.follow((replaced) => {
    swapCertificate(app.server, replaced);
    metrics.onCertificate(replaced);
  });
  const listening = await listen(app, health, settings.server);
  const { host, port } = listening;
  logger.info({ version, host, port, mode: settings.policy.mode }, 'serving admissions');
  return listening;
}

/** Runs `wasmgate serve` until a signal ends it. */
export async function serve(version: string, flags: ServeFlags, io: Io): Promise<ExitCode> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const parts = await createParts(version, flags, { env: io.env, signal });
  const { cluster, registry, settings, logger, metrics } = parts;
  let metricsServer: ServedMetrics | null = null;
  try {
    // First, so that metrics show what the start waits for.
    metricsServer = await openMetrics(metrics, settings.server, logger);
    // Watches keep the process alive, so nothing may fail between their start and the `finally` that stops them.
    cluster.start();
    const stopped = stopSignal(process);
    // Also while the start waits for the API server.
    void stopped.then(() => stopping.abort());
    const listening = await open(flags, parts, signal);
    logger.info({ signal: await stopped }, 'stopping');
    await listening.close();
    return EXIT_CODES.ok;
  } catch (error) {
    // Stopped while waiting for the API server: nothing is wrong.
    if (!signal.aborted || !isKubernetesError(error, 'aborted')) throw error;
    return EXIT_CODES.ok;
  } finally {
    stopping.abort();
    await Promise.all([cluster.stop(), registry.close(), metricsServer?.close()]);
  }
}
