import { hostname } from 'node:os';
import type { AssessPod } from '../assess/assessment.ts';
import { createUnjudgedAdmissions } from '../assess/unjudged/unjudged-admissions.ts';
import type { CertificateTimes } from '../certs/certificate-times.ts';
import { EXIT_CODES, type ExitCode } from '../cli/command.ts';
import type { Io } from '../cli/io.ts';
import type { ServeFlags } from '../cli/serve.ts';
import { followConfiguration } from '../config/follow-configuration.ts';
import { createKubernetesClient } from '../kubernetes/client.ts';
import { createCluster } from '../kubernetes/cluster.ts';
import { createEvents } from '../kubernetes/events.ts';
import { isKubernetesError } from '../kubernetes/kubernetes-error.ts';
import { createStoredPods } from '../kubernetes/live-reads.ts';
import { createPullSecrets } from '../kubernetes/pull-secrets.ts';
import { createServerClock } from '../kubernetes/server-clock.ts';
import { createServiceAccounts } from '../kubernetes/service-accounts.ts';
import type { Logger } from '../lib/logger.ts';
import { createDnsResolver } from '../registry/connection/dns-resolver.ts';
import { createApp, swapCertificate, serverTlsOptions } from '../server/app.ts';
import { createHealth } from '../server/health.ts';
import { listen, type Listening, stopSignal } from '../server/listen.ts';
import type { ServedMetrics } from '../server/metrics-server.ts';
import { createLogger } from '../telemetry/log.ts';
import { DEFAULT_NAMESPACE, observeAssessments } from './assemble-assess.ts';
import { faultOf, readState, type ConfigurationState } from './configuration-state.ts';
import { connectKubernetes } from './connect-kubernetes.ts';
import { createLiveAssess } from './live-assess.ts';
import { openCertificate } from './open-certificate.ts';
import { checkReloads, checkWatches } from './readiness.ts';
import { startWarm, type WarmStart } from './warm-start.ts';
import { createWebhookMetrics, openMetrics } from './webhook-metrics.ts';

export interface ServedProgram {
  readonly version: string;
  readonly certificateTimes: CertificateTimes;
}

interface Surroundings extends Pick<Io, 'env'> {
  readonly signal: AbortSignal;
}

/** Logs each value that can never do what it says once, although `config check` would reject the file. */
function createWarn(
  file: string | undefined,
  logger: Pick<Logger, 'warn'>,
): (warnings: readonly string[]) => void {
  const logged = new Set<string>();
  return (warnings) => {
    for (const problem of warnings) {
      if (!logged.has(problem)) logger.warn({ file, problem }, 'a setting can never work');
      logged.add(problem);
    }
  };
}

/** Creates and joins the parts; none of them runs yet. */
async function createParts(program: ServedProgram, flags: ServeFlags, { env, signal }: Surroundings) {
  const state = await readState(flags);
  const logger = createLogger(state.settings.log);
  const warnOf = createWarn(flags.config, logger);
  warnOf(state.warnings);
  const namespace = env['POD_NAMESPACE'] ?? DEFAULT_NAMESPACE;
  const clock = createServerClock();
  const connection = await connectKubernetes(flags.kubeconfig, env);
  const client = createKubernetesClient(connection, { onDate: clock.onDate });
  const cluster = createCluster({ client, logger });
  const metrics = createWebhookMetrics(program.version, cluster, signal);
  const pullSecrets = createPullSecrets({ client });
  const serviceAccounts = createServiceAccounts({ client, logger });
  const surroundings = { env, logger, resolver: createDnsResolver(), ...metrics.registry };
  const live = await createLiveAssess(
    { cluster, pullSecrets, serviceAccounts, logger, namespace, metrics, surroundings },
    state,
  );
  const { settings } = state;
  const reloads = checkReloads(metrics.onReload);
  const parts = { settings, logger, namespace, client, clock, cluster, metrics, live, reloads, warnOf };
  return { ...program, ...parts, state };
}

type Parts = Awaited<ReturnType<typeof createParts>>;

interface Admissions {
  /** For both webhooks. */
  readonly assess: AssessPod;
  readonly warmStart: WarmStart;
}

/** Counts each result, assesses again later if an image could not be read, and learns images before the first admission. */
function assembleAdmissions({ live, ...parts }: Parts, signal: AbortSignal): Admissions {
  const { client, cluster, logger, metrics } = parts;
  const { onEvent, unjudged } = metrics;
  const events = createEvents({ client, logger, onEvent }, { instance: hostname() });
  const pods = createStoredPods({ client });
  const admissions = createUnjudgedAdmissions(
    { ...live, cluster, pods, events, logger, onDropped: unjudged.onDropped },
    {},
    signal,
  );
  unjudged.measure(admissions.pods);
  live.onNewLookups(admissions.retry);
  // Assessing an owner later, or a running Pod, is not counted: it decides no admission.
  const assess = observeAssessments(live.assess, [admissions.note, metrics.onAssessed]);
  return { assess, warmStart: startWarm({ ...parts, ...live }, signal) };
}

/** Only a restart makes the server listen elsewhere. */
const FIXED_SECTIONS: readonly string[] = ['server'];

/** Takes changes of the configuration file, and of all files that it names, into use until the signal fires. */
function followFiles(
  flags: ServeFlags,
  { state, live, logger, reloads, warnOf }: Parts,
  signal: AbortSignal,
): void {
  const { config: file } = flags;
  if (file === undefined) return;
  const read = async (): Promise<ConfigurationState> => {
    const next = await readState(flags);
    const fault = faultOf(next);
    if (fault !== null) throw fault;
    return next;
  };
  const apply = async (next: ConfigurationState): Promise<void> => {
    await live.apply(next);
    logger.configure(next.settings.log);
    warnOf(next.warnings);
  };
  const options = { file, read, apply, fixedSections: FIXED_SECTIONS, logger, onReload: reloads.onReload };
  // Never rejects, and ends with the signal.
  void followConfiguration(options, { state, problem: faultOf(state) }, signal);
}

/** Does everything between the first watch and listening; some steps wait for the API server. */
async function open(flags: ServeFlags, parts: Parts, signal: AbortSignal): Promise<Listening> {
  const { version, cluster, live, logger, metrics, settings } = parts;
  // First, because it also waits for the API server.
  const { assess, warmStart } = assembleAdmissions(parts, signal);
  const certificate = await openCertificate(flags, parts, signal);
  metrics.certificate.onServed(certificate.first);
  followFiles(flags, parts, signal);
  const health = createHealth({
    ...checkWatches(cluster),
    'warm-up': warmStart.check,
    certificate: certificate.fault,
    configuration: parts.reloads.check,
  });
  const meter = metrics.answers;
  const app = createApp(
    { assess, health, logger, meter },
    { https: serverTlsOptions(certificate.first), logsDecisions: () => live.settings().log.decisions },
  );
  certificate.follow({
    onReplaced: (replaced) => {
      swapCertificate(app.server, replaced);
      metrics.certificate.onServed(replaced);
    },
    onChecked: metrics.certificate.onChecked,
  });
  const listening = await listen(app, health, settings.server);
  const { host, port } = listening;
  logger.info({ version, host, port, mode: settings.policy.mode }, 'serving admissions');
  return {
    ...listening,
    close: async () => {
      await listening.close();
      await warmStart.save();
    },
  };
}

/** Runs `wasmgate serve` until a signal ends it. */
export async function serve(program: ServedProgram, flags: ServeFlags, io: Io): Promise<ExitCode> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const parts = await createParts(program, flags, { env: io.env, signal });
  const { cluster, live, settings, logger, metrics } = parts;
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
    await Promise.all([cluster.stop(), live.close(), metricsServer?.close()]);
  }
}
