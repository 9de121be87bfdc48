import type { Metrics } from './metrics.ts';

const RELOAD_RESULTS = ['success', 'failure'] as const;
type ReloadResult = (typeof RELOAD_RESULTS)[number];

interface WatchState {
  readonly current: boolean;
  /** Milliseconds since 1970; null before the first contact. */
  readonly lastContact: number | null;
  readonly restarts: number;
}

/** Label values and current values that other parts of the program own. */
export interface OperationSources {
  readonly version: string;
  readonly eventResults: readonly string[];
  readonly consequences: readonly string[];
  readonly resources: readonly string[];
  /** Returns the number of Pods admitted before their images were known, by consequence. */
  readonly unjudgedPods: () => Iterable<readonly [consequence: string, pods: number]>;
  readonly watches: () => Iterable<readonly [resource: string, state: WatchState]>;
}

function addBuildMetric(metrics: Metrics, version: string): void {
  const labels = { version: [version], node: [process.version] };
  metrics
    .gauge({ name: 'wasmgate_build_info', help: 'Always 1; the labels name what runs.', labels })
    .of({ version, node: process.version })
    .set(1);
}

/** Follows the names and meanings of Prometheus's metrics about its own configuration. */
function addReloadMetrics(metrics: Metrics): (result: ReloadResult) => void {
  const reloads = metrics.counter({
    name: 'wasmgate_config_reloads_total',
    help: 'Changes of the configuration and of files that it names, applied (success) or rejected as invalid (failure).',
    labels: { result: RELOAD_RESULTS },
  });
  const isSuccessful = metrics
    .gauge({
      name: 'wasmgate_config_last_reload_successful',
      help: '1 if the configuration in use is that of the files; 0 while one of them is invalid and the previous configuration stays in use.',
    })
    .of({});
  const appliedAt = metrics
    .gauge({
      name: 'wasmgate_config_last_reload_success_timestamp_seconds',
      help: 'When wasmgate last applied a configuration, its start included.',
    })
    .of({});
  const record = (result: ReloadResult): void => {
    isSuccessful.set(result === 'success' ? 1 : 0);
    if (result === 'success') appliedAt.set(Date.now() / 1000);
  };
  record('success');
  return (result) => {
    reloads.of({ result }).inc();
    record(result);
  };
}

function addWatchMetrics(metrics: Metrics, { resources, watches }: OperationSources): void {
  const labels = { resource: resources };
  const each = (valueOf: (state: WatchState) => number) =>
    Array.from(watches(), ([resource, state]) => [{ resource }, valueOf(state)] as const);
  metrics.reading({
    name: 'wasmgate_watch_synced',
    help: '1 while the resource is listed and its watch works; 0 while the known state may be outdated.',
    type: 'gauge',
    labels,
    read: () => each(({ current }) => (current ? 1 : 0)),
  });
  metrics.reading({
    name: 'wasmgate_watch_last_contact_timestamp_seconds',
    help: 'When the API server last responded about the resource; 0 before the first response.',
    type: 'gauge',
    labels,
    read: () => each(({ lastContact }) => (lastContact ?? 0) / 1000),
  });
  metrics.reading({
    name: 'wasmgate_watch_restarts_total',
    help: 'New lists of the resource because its list or watch failed or fell too far behind.',
    type: 'counter',
    labels,
    read: () => each(({ restarts }) => restarts),
  });
}

/** Adds the metrics of what surrounds admissions: build, configuration, Events, unjudged Pods, watches. */
export function addOperationMetrics(metrics: Metrics, sources: OperationSources) {
  addBuildMetric(metrics, sources.version);
  const events = metrics.counter({
    name: 'wasmgate_events_total',
    help: 'Kubernetes Events about Pods and their owners by result; needless: the namespace is gone.',
    labels: { result: sources.eventResults },
  });
  const droppedOwners = metrics
    .counter({
      name: 'wasmgate_unjudged_owners_dropped_total',
      help: 'Owners of Pods admitted without a decision that wasmgate will not assess later, because there were too many.',
    })
    .of({});
  metrics.reading({
    name: 'wasmgate_pods_admitted_unjudged',
    help: 'Pods admitted before their images could be read, by what the images mean for them; pending: still unknown.',
    type: 'gauge',
    labels: { consequence: sources.consequences },
    read: () => Array.from(sources.unjudgedPods(), ([consequence, pods]) => [{ consequence }, pods] as const),
  });
  addWatchMetrics(metrics, sources);
  return {
    reload: addReloadMetrics(metrics),
    event: (result: string): void => events.of({ result }).inc(),
    droppedOwner: (): void => droppedOwners.inc(),
  };
}
