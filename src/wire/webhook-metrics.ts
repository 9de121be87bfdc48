import {
  DECISION_OUTCOMES,
  outcomeOf,
  type Assessment,
  type AssessmentRequest,
} from '../assess/assessment.ts';
import { OWNER_CONSEQUENCES, type OwnerConsequence } from '../assess/unjudged/unjudged-owner.ts';
import type { ServedCertificate } from '../certs/kept-certificate.ts';
import { validityOf } from '../certs/serving-certificate.ts';
import { UNKNOWN_REASONS } from '../detect/verdict.ts';
import type { ImageCatalog } from '../images/image-catalog.ts';
import { summarize, type ImageResult } from '../images/image-result.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { COLLECTION_NAMES, resourceOf } from '../kubernetes/collections.ts';
import { EVENT_RESULTS } from '../kubernetes/events.ts';
import { APPLIED_ACTIONS } from '../policy/decision.ts';
import { FINDING_IDS } from '../policy/finding-catalog.ts';
import { MODES } from '../policy/mode.ts';
import { PAUSE_REASONS } from '../registry/circuit-breaker.ts';
import type { RegistryClientOptions } from '../registry/client.ts';
import { ADMISSION_OUTCOMES } from '../server/admission-handler.ts';
import { ERROR_CODES } from '../server/error-answer.ts';
import { serveMetrics, type ServedMetrics } from '../server/metrics-server.ts';
import type { ServerSettings } from '../server/settings.ts';
import { addAnswerMetrics, addDecisionMetrics } from '../telemetry/admission-metrics.ts';
import { addCertificateMetrics } from '../telemetry/certificate-metrics.ts';
import { addImageMetrics, addRegistryMetrics } from '../telemetry/image-metrics.ts';
import type { LeveledLogger } from '../telemetry/log.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { addOperationMetrics } from '../telemetry/operation-metrics.ts';
import { addProcessMetrics } from '../telemetry/process-metrics.ts';

function observeDecisions(metrics: Metrics): (request: AssessmentRequest, assessment: Assessment) => void {
  const count = addDecisionMetrics(metrics, {
    modes: MODES,
    outcomes: DECISION_OUTCOMES,
    findings: FINDING_IDS,
    actions: APPLIED_ACTIONS,
  });
  return ({ step }, assessment) => {
    const mode = assessment.kind === 'skipped' ? null : assessment.outcome.mode;
    count.decision(step, mode, outcomeOf(assessment, step));
    // The mutating webhook finds the same, but reports nothing.
    if (assessment.kind === 'decided' && step === 'validate')
      for (const { id, action } of assessment.decision.findings) count.finding(id, action);
  };
}

function observeImages(metrics: Metrics) {
  let catalog: ImageCatalog | undefined;
  const count = addImageMetrics(metrics, UNKNOWN_REASONS, () => catalog?.size() ?? { entries: 0, bytes: 0 });
  return {
    onLookup: (result: ImageResult, milliseconds: number): void =>
      count.lookup(summarize(result), milliseconds),
    onResult: (result: ImageResult, from: 'memory' | 'registry'): void => {
      const isStale = result.kind === 'facts' && result.stale !== null;
      const source = from === 'memory' ? 'hit' : 'miss';
      count.cacheRequest(isStale ? 'stale' : source);
    },
    onWarmed: count.warmed,
    /** Sets the catalog whose size is read. */
    measure: (measured: ImageCatalog): void => void (catalog = measured),
  };
}

function observeRegistry(metrics: Metrics): Required<Pick<RegistryClientOptions, 'onRequest' | 'onPause'>> {
  const count = addRegistryMetrics(metrics, { reasons: UNKNOWN_REASONS, pauseReasons: PAUSE_REASONS });
  return {
    onRequest: ({ status, reason, bytes }) => count.request(status, reason, bytes),
    onPause: count.pause,
  };
}

type UnjudgedPods = () => ReadonlyMap<OwnerConsequence, number>;
const NO_PODS: UnjudgedPods = () => new Map();

/** Joins every metric of the webhook with the parts that it observes. */
export function createWebhookMetrics(version: string, cluster: Pick<Cluster, 'states'>, signal: AbortSignal) {
  const metrics = createMetrics();
  let unjudgedPods = NO_PODS;
  const operation = addOperationMetrics(metrics, {
    version,
    eventResults: EVENT_RESULTS,
    consequences: OWNER_CONSEQUENCES,
    resources: COLLECTION_NAMES.map(resourceOf),
    unjudgedPods: () => unjudgedPods(),
    watches: () =>
      Object.entries(cluster.states()).map(([name, state]) => [resourceOf(name), state] as const),
  });
  const certificate = addCertificateMetrics(metrics);
  const parts = {
    answers: addAnswerMetrics(metrics, { outcomes: ADMISSION_OUTCOMES, errorCodes: ERROR_CODES }),
    onAssessed: observeDecisions(metrics),
    images: observeImages(metrics),
    registry: observeRegistry(metrics),
    onReload: operation.reload,
    onEvent: operation.event,
    unjudged: {
      onDropped: operation.droppedOwner,
      measure: (pods: UnjudgedPods): void => void (unjudgedPods = pods),
    },
    certificate: {
      onServed: ({ cert, caCert }: Pick<ServedCertificate, 'cert' | 'caCert'>): void =>
        certificate.served({
          serving: validityOf(cert),
          authority: caCert === null ? null : validityOf(caCert),
        }),
      onChecked: certificate.checked,
    },
  };
  addProcessMetrics(metrics, signal);
  const { contentType, write, describe } = metrics;
  return { ...parts, page: { contentType, write }, describe };
}

export type WebhookMetrics = ReturnType<typeof createWebhookMetrics>;

/** Serves the metrics; resolves with null if the settings name no port for them. */
export async function openMetrics(
  { page }: WebhookMetrics,
  { host, metricsHost = host, metricsPort }: ServerSettings,
  logger: LeveledLogger,
): Promise<ServedMetrics | null> {
  if (metricsPort === undefined) return null;
  const served = await serveMetrics(page, { host: metricsHost, port: metricsPort });
  logger.info({ host: served.host, port: served.port }, 'serving metrics');
  return served;
}
