import { hostname } from 'node:os';
import type { AssessPod } from '../assess/assessment.ts';
import { createUnjudgedAdmissions } from '../assess/unjudged/unjudged-admissions.ts';
import { loadDevelopmentCertificate } from '../certs/development.ts';
import { EXIT_CODES, type ExitCode } from '../cli/exit-codes.ts';
import type { Io } from '../cli/io.ts';
import type { ServeFlags } from '../cli/serve.ts';
import type { ImageCatalog } from '../images/image-catalog.ts';
import { createKubernetesClient } from '../kubernetes/client.ts';
import { createCluster, type Cluster } from '../kubernetes/cluster.ts';
import { createEvents } from '../kubernetes/events.ts';
import { isKubernetesError } from '../kubernetes/kubernetes-error.ts';
import { createStoredPods } from '../kubernetes/live-reads.ts';
import { createPullSecrets } from '../kubernetes/pull-secrets.ts';
import { createServiceAccounts } from '../kubernetes/service-accounts.ts';
import { createDnsResolver } from '../registry/connection/dns-resolver.ts';
import { createApp, swapCertificate, serverTlsOptions } from '../server/app.ts';
import { createHealth, type Health, listen, type Listening, stopSignal } from '../server/listen.ts';
import type { ServedMetrics } from '../server/metrics-server.ts';
import { createLogger } from '../telemetry/log.ts';
import { createAssembler, createCatalog, DEFAULTS as ASSESS_DEFAULTS } from './assemble-assess.ts';
import { connectRegistry } from './connect-registry.ts';
import { connect } from './connect.ts';
import { keepCertificate, type KeptCertificate } from './keep-certificate.ts';
import { observeAssessments } from './observe-assessments.ts';
import { loadOperatorKeychain } from './operator-keychain.ts';
import { reloadPolicy } from './reload-policy.ts';
import { configurations, readServeSettings } from './settings.ts';
import { tellOfChangedFiles } from './tell-of-changed-files.ts';
import { createWebhookMetrics, openMetrics } from './webhook-metrics.ts';

const DEFAULTS = {
  /** As the manifests call it. */
  service: 'wasmgate',
} as const;

interface Surroundings extends Pick<Io, 'env'> {
  readonly signal: AbortSignal;
}

/** The parts, made and joined; none of them has begun to work. */
async function createParts(version: string, flags: ServeFlags, { env, signal }: Surroundings) {
  const settings = await readServeSettings(flags);
  const logger = createLogger({ level: settings.log.level });
  const namespace = env['POD_NAMESPACE'] ?? ASSESS_DEFAULTS.namespace;
  const keychain = await loadOperatorKeychain(settings, logger, env);
  const client = createKubernetesClient(await connect(flags.kubeconfig, env));
  const cluster = createCluster({ client, logger });
  const metrics = createWebhookMetrics(version, cluster, signal);
  const registry = await connectRegistry(settings.registry, {
    env,
    logger,
    resolver: createDnsResolver(),
    ...metrics.registry,
  });
  const pullSecrets = createPullSecrets({ client });
  const serviceAccounts = createServiceAccounts({ client, logger });
  const ports = { cluster, pullSecrets, serviceAccounts, keychain, registry };
  return { ...ports, settings, logger, namespace, client, metrics };
}

type Parts = Awaited<ReturnType<typeof createParts>>;

/** Where nothing names a folder the cluster keeps the certificate, and the API server is told whom to trust. */
async function certify({ certDir }: ServeFlags, parts: Parts, signal: AbortSignal): Promise<KeptCertificate> {
  if (certDir === undefined) return keepCertificate(parts, { service: DEFAULTS.service }, signal);
  return { first: await loadDevelopmentCertificate(certDir), follow: () => {} };
}

interface Followed extends Pick<ServeFlags, 'config'> {
  readonly catalog: ImageCatalog;
}

/** Under the policy that the configuration file has at each moment, where there is one. */
function followPolicy({ config: file, catalog }: Followed, parts: Parts, signal: AbortSignal): AssessPod {
  const { settings, logger, metrics } = parts;
  const assemble = createAssembler({ ...parts, boundsWaits: true }, catalog);
  if (file === undefined) return assemble(settings);
  const { parse } = configurations;
  const { onReload } = metrics;
  return reloadPolicy({ file, assemble, parse, logger, onReload }, settings, signal);
}

/** What both webhooks ask: assessed, counted, and judged later if an image could not be read. */
function watchAdmissions(flags: ServeFlags, parts: Parts, signal: AbortSignal): AssessPod {
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
  // Judging an owner later is no decision of an admission: nobody counts it.
  return observeAssessments(assess, [admissions.note, metrics.onAssessed]);
}

function healthOf(cluster: Cluster): Health {
  return createHealth(() =>
    Object.entries(cluster.states()).flatMap(([name, state]) =>
      state.ready ? [] : [`the first list of ${name} is not in`],
    ),
  );
}

/** Everything between the first watch and the port that answers; some of it waits for the API server. */
async function open(flags: ServeFlags, parts: Parts, signal: AbortSignal): Promise<Listening> {
  const { cluster, logger, metrics, settings } = parts;
  const certificate = await certify(flags, parts, signal);
  metrics.onCertificate(certificate.first);
  await tellOfChangedFiles({ registry: settings.registry, logger }, signal);
  const assess = watchAdmissions(flags, parts, signal);
  const health = healthOf(cluster);
  const meter = metrics.answers;
  const app = createApp({ assess, health, logger, meter }, { https: serverTlsOptions(certificate.first) });
  certificate.follow((replaced) => {
    swapCertificate(app.server, replaced);
    metrics.onCertificate(replaced);
  });
  const listening = await listen(app, health, settings.server);
  const { host, port } = listening;
  logger.info({ host, port, mode: settings.policy.mode }, 'wasmgate serves');
  return listening;
}

/** `wasmgate serve`, until a signal ends it. */
export async function serve(version: string, flags: ServeFlags, io: Io): Promise<ExitCode> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const parts = await createParts(version, flags, { env: io.env, signal });
  const { cluster, registry, settings, logger, metrics } = parts;
  let scraped: ServedMetrics | null = null;
  try {
    // First, so that what is waited for can be seen from outside.
    scraped = await openMetrics(metrics, settings.server, logger);
    // Watches keep the process alive: nothing may fail between their start and the `finally` that ends them.
    cluster.start();
    const stopped = stopSignal(process);
    // Also while the API server is waited for.
    void stopped.then(() => stopping.abort());
    const listening = await open(flags, parts, signal);
    logger.info({ signal: await stopped }, 'stopping');
    await listening.close();
    return EXIT_CODES.ok;
  } catch (error) {
    // Told to stop while the API server was waited for: what was under way is given up, and nothing is wrong.
    if (!signal.aborted || !isKubernetesError(error, 'aborted')) throw error;
    return EXIT_CODES.ok;
  } finally {
    stopping.abort();
    await Promise.all([cluster.stop(), registry.close(), scraped?.close()]);
  }
}
