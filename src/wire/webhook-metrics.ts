import type { EventResult } from '../assess/ports.ts';
import { OWNER_CONSEQUENCES, type OwnerConsequence } from '../assess/unjudged/unjudged-owner.ts';
import { endOf, type ServingCertificate } from '../certs/serving-certificate.ts';
import { COLLECTIONS, type Cluster } from '../kubernetes/cluster.ts';
import { EVENT_RESULTS } from '../kubernetes/events.ts';
import { serveMetrics, type ServedMetrics } from '../server/metrics-server.ts';
import type { ServerSettings } from '../server/settings.ts';
import { CONTENT_TYPE } from '../telemetry/exposition.ts';
import type { LeveledLogger } from '../telemetry/log.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { addProcessMetrics } from '../telemetry/process-metrics.ts';
import { meterAnswers, meterDecisions } from './meter-admissions.ts';
import { meterImages, meterRegistry } from './meter-images.ts';
import { RELOAD_RESULTS, type ReloadResult } from './reload-policy.ts';

/** As resources are called, without a space: `runtimeclasses`. */
function resourceOf(collection: string): string {
  return collection.replaceAll(' ', '');
}

const RESOURCES = COLLECTIONS.map(resourceOf);

function addBuild(metrics: Metrics, version: string): void {
  const labels = { version: [version], node: [process.version] };
  metrics
    .gauge({ name: 'wasmgate_build_info', help: 'Always 1; what runs is in the labels.', labels })
    .of({ version, node: process.version })
    .set(1);
}

/** As Prometheus tells it of its own configuration. */
function meterReloads(metrics: Metrics): (result: ReloadResult) => void {
  const reloads = metrics.counter({
    name: 'wasmgate_config_reloads_total',
    help: 'Changed configuration files that were taken (success), or were wrong and changed nothing (failure).',
    labels: { result: RELOAD_RESULTS },
  });
  const isGood = metrics
    .gauge({
      name: 'wasmgate_config_last_reload_successful',
      help: '1 while the configuration in use is the one in the file; 0 while the file is wrong and the one before stays.',
    })
    .of({});
  const when = metrics
    .gauge({
      name: 'wasmgate_config_last_reload_success_timestamp_seconds',
      help: 'When a configuration was last taken, the start of wasmgate included.',
    })
    .of({});
  const take = (isTaken: boolean): void => {
    isGood.set(isTaken ? 1 : 0);
    if (isTaken) when.set(Date.now() / 1000);
  };
  take(true);
  return (result) => {
    reloads.of({ result }).add();
    take(result === 'success');
  };
}

function meterCertificate(metrics: Metrics): (certificate: ServingCertificate) => void {
  const ends = metrics.gauge({
    name: 'wasmgate_certificate_not_after_timestamp_seconds',
    help: 'When the certificate that is served, and the authority that signed it, cease to be valid.',
    labels: { certificate: ['serving', 'authority'] },
  });
  return ({ cert, caCert }) => {
    ends.of({ certificate: 'serving' }).set(endOf(cert).getTime() / 1000);
    ends.of({ certificate: 'authority' }).set(endOf(caCert).getTime() / 1000);
  };
}

function meterEvents(metrics: Metrics): (result: EventResult) => void {
  const events = metrics.counter({
    name: 'wasmgate_events_total',
    help: 'Kubernetes Events on Pods and their owners by what became of them; needless: the namespace is gone.',
    labels: { result: EVENT_RESULTS },
  });
  return (result) => events.of({ result }).add();
}

type UnjudgedPods = () => ReadonlyMap<OwnerConsequence, number>;

const NO_PODS: UnjudgedPods = () => new Map();

/** Read from memory when metrics are. */
function meterUnjudged(metrics: Metrics) {
  const dropped = metrics
    .counter({
      name: 'wasmgate_unjudged_owners_dropped_total',
      help: 'Owners of Pods admitted without a decision that are not judged later: too many at a time.',
    })
    .of({});
  let read: UnjudgedPods = NO_PODS;
  metrics.readings({
    name: 'wasmgate_pods_admitted_unjudged',
    help: 'Pods admitted before their images could be read, by what these mean for them; pending: still unknown.',
    type: 'gauge',
    labels: { consequence: OWNER_CONSEQUENCES },
    read: () => [...read()].map(([consequence, pods]) => [{ consequence }, pods] as const),
  });
  return { onDropped: () => dropped.add(), measure: (pods: UnjudgedPods) => void (read = pods) };
}

/** Read from the watches when metrics are. */
function addWatches(metrics: Metrics, { states }: Pick<Cluster, 'states'>): void {
  const labels = { resource: RESOURCES };
  const each = (
    value: (state: ReturnType<Cluster['states']>[keyof ReturnType<Cluster['states']>]) => number,
  ) =>
    Object.entries(states()).map(
      ([collection, state]) => [{ resource: resourceOf(collection) }, value(state)] as const,
    );
  metrics.readings({
    name: 'wasmgate_watch_synced',
    help: '1 while the resource is listed and its watch works; 0 while what is known of it may be old.',
    type: 'gauge',
    labels,
    read: () => each(({ current }) => (current ? 1 : 0)),
  });
  metrics.readings({
    name: 'wasmgate_watch_last_contact_timestamp_seconds',
    help: 'When the API server was last heard of on this resource; 0 before the first time.',
    type: 'gauge',
    labels,
    read: () => each(({ lastContact }) => (lastContact ?? 0) / 1000),
  });
  metrics.readings({
    name: 'wasmgate_watch_restarts_total',
    help: 'Times that the resource was listed anew, because its list or watch had failed, or fallen too far behind.',
    type: 'counter',
    labels,
    read: () => each(({ restarts }) => restarts),
  });
}

/** Every metric of the webhook, and what its parts are given to count with. */
export function createWebhookMetrics(version: string, cluster: Pick<Cluster, 'states'>, signal: AbortSignal) {
  const metrics = createMetrics();
  addBuild(metrics, version);
  const parts = {
    answers: meterAnswers(metrics),
    onAssessed: meterDecisions(metrics),
    images: meterImages(metrics),
    registry: meterRegistry(metrics),
    onReload: meterReloads(metrics),
    onEvent: meterEvents(metrics),
    unjudged: meterUnjudged(metrics),
    onCertificate: meterCertificate(metrics),
  };
  addWatches(metrics, cluster);
  addProcessMetrics(metrics, signal);
  return { ...parts, page: { contentType: CONTENT_TYPE, write: metrics.write }, describe: metrics.describe };
}

export type WebhookMetrics = ReturnType<typeof createWebhookMetrics>;

/** Null where the settings name no port for them. */
export async function openMetrics(
  { page }: WebhookMetrics,
  { host, metricsHost = host, metricsPort }: ServerSettings,
  logger: LeveledLogger,
): Promise<ServedMetrics | null> {
  if (metricsPort === undefined) return null;
  const served = await serveMetrics(page, { host: metricsHost, port: metricsPort });
  logger.info({ host: served.host, port: served.port }, 'metrics are served');
  return served;
}
