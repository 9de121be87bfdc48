import { hostname } from 'node:os';
import { createAssessPod } from './assess/assess-pod.ts';
import type { AssessPod } from './assess/assessment.ts';
import { createImageCatalog } from './assess/image-catalog.ts';
import { createLateFindings } from './assess/late-findings.ts';
import type { ClusterPort, KeychainPort, PullSecretsPort, ServiceAccountsPort } from './assess/ports.ts';
import { IMAGE_SCENARIOS } from './assess/scenarios.ts';
import { catalogOptions, imageSettings } from './assess/settings.ts';
import { loadDevelopmentCertificate } from './certs/development.ts';
import { configCommand } from './cli/config/config.ts';
import { demoCommand } from './cli/demo/demo.ts';
import { explainCommand } from './cli/explain.ts';
import { reviewCommand } from './cli/review/review.ts';
import type { ReviewDeps } from './cli/review/run-review.ts';
import { EXIT_CODES, type ExitCode } from './cli/exit-codes.ts';
import { inspectCommand } from './cli/inspect/inspect.ts';
import type { Io } from './cli/io.ts';
import type { CliDeps } from './cli/run.ts';
import type { ServeFlags } from './cli/serve.ts';
import { choosePresets } from './config/choose-presets.ts';
import { createConfigurationReader, type Configuration } from './config/configuration-reader.ts';
import { CONFIGURATION_KIND, CONFIGURATION_VERSION } from './config/file-kind.ts';
import { createKubernetesClient, type KubernetesClient } from './kubernetes/client.ts';
import { createCluster, type Cluster } from './kubernetes/cluster.ts';
import { createEvents } from './kubernetes/events.ts';
import { isKubernetesError } from './kubernetes/kubernetes-error.ts';
import { createPullSecrets } from './kubernetes/pull-secrets.ts';
import { createServiceAccounts } from './kubernetes/service-accounts.ts';
import { explanations } from './policy/explanations.ts';
import { POLICY_SCENARIOS } from './policy/scenarios.ts';
import { policySettings, SCENARIOS } from './policy/settings.ts';
import { defaultActionOf, severityOf } from './policy/severity.ts';
import { checkRegistrySettings } from './registry/check-settings.ts';
import type { RegistryClient } from './registry/client.ts';
import { registrySettings } from './registry/settings.ts';
import { createApp } from './server/app.ts';
import { swapCertificate, tlsOptions } from './server/certificate.ts';
import { createHealth, type Health } from './server/health.ts';
import { listen } from './server/listen.ts';
import type { ServedMetrics } from './server/metrics-server.ts';
import { serverSettings } from './server/settings.ts';
import { stopSignal } from './server/stop-signal.ts';
import { createLogger, type LeveledLogger } from './telemetry/log.ts';
import { LOG_LEVELS, logSettings, type LogLevel } from './telemetry/settings.ts';
import { keepCertificate, type KeepingParts, type KeptCertificate } from './wire-certificate.ts';
import { connect, lendCredentials } from './wire-connect.ts';
import { wireDemo } from './wire-demo.ts';
import { createWebhookMetrics, openMetrics, type WebhookMetrics } from './wire-metrics.ts';
import { tellOfChangedFiles } from './wire-files.ts';
import { connectRegistry } from './wire-registry.ts';
import { assessUnderFile } from './wire-reload.ts';

const sections = {
  policy: policySettings,
  images: imageSettings,
  registry: registrySettings,
  server: serverSettings,
  log: logSettings,
};
const scenarios = choosePresets({
  by: ['policy', 'scenario'],
  tables: { policy: POLICY_SCENARIOS, images: IMAGE_SCENARIOS },
});
const configurations = createConfigurationReader(sections, scenarios, {
  registry: checkRegistrySettings,
});

export type Configurations = typeof configurations;
export type Settings = Configuration<typeof sections>;

const DEFAULTS = {
  /** Where the manifests put it; a Pod of another installation says so by POD_NAMESPACE. */
  namespace: 'wasmgate-system',
  service: 'wasmgate',
} as const;

async function readFileOrDefaults(file: string | undefined): Promise<Settings> {
  return file === undefined ? configurations.defaults() : configurations.read(file);
}

async function readSettings(flags: ServeFlags): Promise<Settings> {
  const file = await readFileOrDefaults(flags.config);
  const { host = file.server.host, port = file.server.port, logLevel = file.log.level } = flags;
  const metrics = flags.metricsPort === undefined ? {} : { metricsPort: flags.metricsPort };
  const server = { ...file.server, host, port, ...metrics };
  return { ...file, server, log: { level: logLevel as LogLevel } };
}

/** The parts of the outside world that a webhook needs. */
export interface WebhookParts {
  readonly cluster: ClusterPort;
  readonly pullSecrets: PullSecretsPort;
  readonly serviceAccounts?: ServiceAccountsPort;
  readonly keychain?: KeychainPort | undefined;
  readonly registry: RegistryClient;
  readonly logger: LeveledLogger;
  readonly namespace: string;
  readonly metrics?: WebhookMetrics;
}

/** The one use case, joined with its parts, for any policy: the webhook's and, with other parts, every other command's. */
function createAssembler(
  parts: WebhookParts,
  { images }: Pick<Assembled, 'images'>,
): (settings: Pick<Assembled, 'policy'>) => AssessPod {
  const { cluster, serviceAccounts, logger, metrics } = parts;
  const asked = createImageCatalog(
    { ...parts, onLookUp: metrics?.images.onLookUp },
    images === undefined ? {} : catalogOptions(images),
  );
  const catalog = metrics?.images.measure(asked) ?? asked;
  return ({ policy }) =>
    createAssessPod({ catalog, cluster, serviceAccounts, logger }, { policy, ownNamespace: parts.namespace });
}

/** The sections that it takes; images are remembered for as long as ever where nothing is said of it. */
type Assembled = Pick<Settings, 'policy'> & Partial<Pick<Settings, 'images'>>;

export function assembleAssess(parts: WebhookParts, settings: Assembled): AssessPod {
  return createAssembler(parts, settings)(settings);
}

/** Under the policy that the configuration file has at each moment, where there is one. */
function followPolicy(
  parts: WebhookParts,
  { file, settings }: { readonly file: string | undefined; readonly settings: Settings },
  signal: AbortSignal,
): AssessPod {
  const assemble = createAssembler(parts, settings);
  if (file === undefined) return assemble(settings);
  const { parse } = configurations;
  const { logger, metrics } = parts;
  return assessUnderFile({ file, assemble, parse, logger, onReload: metrics?.onReload }, settings, signal);
}

/** Where nothing names a folder the cluster keeps the certificate, and the API server is told whom to trust. */
async function certify(
  flags: ServeFlags,
  parts: KeepingParts,
  signal: AbortSignal,
): Promise<KeptCertificate> {
  if (flags.certDir === undefined) return keepCertificate(parts, { service: DEFAULTS.service }, signal);
  return { first: await loadDevelopmentCertificate(flags.certDir), follow: () => {} };
}

function healthOf(cluster: Cluster): Health {
  return createHealth(() =>
    Object.entries(cluster.states()).flatMap(([name, state]) =>
      state.ready ? [] : [`the first list of ${name} is not in`],
    ),
  );
}

interface ServingParts extends WebhookParts {
  readonly client: KubernetesClient;
  readonly metrics: WebhookMetrics;
}

/** What both webhooks ask: judged, counted, and looked at again where an image was known too late. */
function judgeAdmissions(
  parts: ServingParts,
  configured: { readonly file: string | undefined; readonly settings: Settings },
  signal: AbortSignal,
): AssessPod {
  const { client, logger, metrics } = parts;
  const { onEvent, onLatePodDropped: onDropped } = metrics;
  const judge = followPolicy(parts, configured, signal);
  const events = createEvents({ client, logger, onEvent }, { instance: hostname() }, signal);
  // The second look is no decision of an admission.
  return metrics.measureAssess(createLateFindings({ assess: judge, events, logger, onDropped }));
}

async function serve(version: string, flags: ServeFlags, io: Io): Promise<ExitCode> {
  const settings = await readSettings(flags);
  const logger = createLogger({ level: settings.log.level });
  const stopping = new AbortController();
  const namespace = io.env['POD_NAMESPACE'] ?? DEFAULTS.namespace;
  const keychain = await lendCredentials(settings, logger, io.env);
  const client = createKubernetesClient(await connect(flags, io.env));
  const cluster = createCluster({ client, logger });
  const metrics = createWebhookMetrics(version, cluster, stopping.signal);
  const registry = await connectRegistry(settings.registry, { env: io.env, ...metrics.registry });
  let scraped: ServedMetrics | null = null;
  try {
    // First, so that what is waited for can be seen from outside.
    scraped = await openMetrics(metrics, settings.server, logger);
    // Watches keep the process alive: nothing may fail between their start and the `finally` that ends them.
    cluster.start();
    const stopped = stopSignal(process);
    // Also while the API server is waited for.
    void stopped.then(() => stopping.abort());
    const certificate = await certify(flags, { client, logger, namespace }, stopping.signal);
    metrics.onCertificate(certificate.first);
    const pullSecrets = createPullSecrets({ client });
    const serviceAccounts = createServiceAccounts({ client, logger });
    const ports = { cluster, pullSecrets, serviceAccounts, keychain, registry };
    await tellOfChangedFiles({ registry: settings.registry, logger }, stopping.signal);
    const assess = judgeAdmissions(
      { ...ports, client, logger, namespace, metrics },
      { file: flags.config, settings },
      stopping.signal,
    );
    const health = healthOf(cluster);
    const meter = metrics.answers;
    const app = createApp({ assess, health, logger, meter }, { https: tlsOptions(certificate.first) });
    certificate.follow((replaced) => {
      swapCertificate(app.server, replaced);
      metrics.onCertificate(replaced);
    });
    const listening = await listen(app, health, settings.server);
    logger.info(
      { host: listening.host, port: listening.port, mode: settings.policy.mode },
      'wasmgate serves',
    );
    logger.info({ signal: await stopped }, 'stopping');
    await listening.close();
    return EXIT_CODES.ok;
  } catch (error) {
    // Told to stop while the API server was waited for: what was under way is given up, and nothing is wrong.
    if (!stopping.signal.aborted || !isKubernetesError(error, 'aborted')) throw error;
    return EXIT_CODES.ok;
  } finally {
    stopping.abort();
    await Promise.all([cluster.stop(), registry.close(), scraped?.close()]);
  }
}

async function loadReview(): Promise<ReviewDeps> {
  const { wireReview } = await import('./wire-review.ts');
  return wireReview({
    configure: readFileOrDefaults,
    assemble: (parts, settings) => assembleAssess({ ...parts, namespace: DEFAULTS.namespace }, settings),
  });
}

/** Everything that the command line can do, joined. */
export function wireCli(version: string): CliDeps {
  const demo = wireDemo((parts, policy) => {
    const text = `{apiVersion: ${CONFIGURATION_VERSION}, kind: ${CONFIGURATION_KIND}, policy: ${policy}}`;
    return assembleAssess({ ...parts, namespace: DEFAULTS.namespace }, configurations.parse(text, 'demo'));
  });
  return {
    version,
    serve: (flags, io) => serve(version, flags, io),
    configurationKeys: configurations.keys,
    logLevels: LOG_LEVELS,
    commands: [
      reviewCommand(loadReview),
      inspectCommand(async () => (await import('./wire-inspect.ts')).wireInspect()),
      explainCommand({
        findings: () =>
          explanations.map((one) => ({
            ...one,
            severity: severityOf(one.id),
            action: defaultActionOf(one.id),
          })),
      }),
      configCommand({
        schema: configurations.jsonSchema,
        scenarios: SCENARIOS,
        defaults: (scenario) => configurations.defaultFile({ policy: { scenario } }),
        check: async (file, options) =>
          (await import('./wire-config.ts')).checkConfiguration(configurations)(file, options),
      }),
      demoCommand(demo),
    ],
  };
}
