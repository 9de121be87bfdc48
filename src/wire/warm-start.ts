import { setTimeout as sleep } from 'node:timers/promises';
import type { AssessPod } from '../assess/assessment.ts';
import { warmUp } from '../assess/warm-up.ts';
import { createImageStore, type ImageStore } from '../images/image-store.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { createImageSecret } from '../kubernetes/image-secret.ts';
import { isKubernetesError } from '../kubernetes/kubernetes-error.ts';
import { createRunningPods } from '../kubernetes/running-pods.ts';
import { AppError, describeError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { raceAbort } from '../lib/race-abort.ts';
import { isSystemNamespace, SYSTEM_NAMESPACES } from '../pod/scope.ts';
import type { Checks } from '../server/health.ts';
import type { LiveCatalog } from './live-assess.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

const WARM_START_TIMES = {
  /** After the watches have listed: a start must not wait longer for anything that is not certain to come. */
  longestMilliseconds: 10_000,
  /** Between attempts to read what is stored, while the API server does not answer. */
  retryMilliseconds: 500,
  /** For the last exchange of a replica that stops: well below the 30 s of `terminationGracePeriodSeconds`. */
  saveMilliseconds: 5_000,
} as const;

interface WarmStartParts {
  readonly assess: AssessPod;
  readonly catalog: LiveCatalog;
  readonly cluster: Cluster;
  readonly client: KubernetesClient;
  /** wasmgate's own. */
  readonly namespace: string;
  readonly metrics: { readonly images: Pick<WebhookMetrics['images'], 'onWarmed'> };
  readonly logger: Logger;
}

export interface WarmStart {
  /** Fails until the replica is warm, or has tried for long enough. */
  readonly check: Checks[string];
  /** Stores what this replica knows, before it stops. */
  readonly save: () => Promise<void>;
}

/** Returns a signal that fires some seconds after the watches have listed, or when wasmgate stops. */
function limitOf({ cluster }: Pick<WarmStartParts, 'cluster'>, signal: AbortSignal): AbortSignal {
  const limit = new AbortController();
  const { longestMilliseconds } = WARM_START_TIMES;
  void cluster.listed
    .then(() => sleep(longestMilliseconds, undefined, { signal, ref: false }))
    .then(() => limit.abort())
    // wasmgate stops.
    .catch(() => {});
  return AbortSignal.any([signal, limit.signal]);
}

/** Restores what replicas stored, and retries until the API server answers; null if this installation stores nothing. */
async function loadStored(
  store: ImageStore,
  { logger }: Pick<WarmStartParts, 'logger'>,
  signal: AbortSignal,
): Promise<number | null> {
  for (let lastError = ''; ;) {
    try {
      return await store.load(signal);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (!isKubernetesError(error, 'aborted')) lastError = describeError(error);
    }
    await sleep(WARM_START_TIMES.retryMilliseconds, undefined, { signal }).catch(() => {});
    if (!signal.aborted) continue;
    if (lastError !== '') logger.warn({}, lastError);
    return 0;
  }
}

/** Looks up the images of running Pods that are not known yet. */
async function learnRunning(parts: WarmStartParts, signal: AbortSignal) {
  const { cluster, client, namespace, logger } = parts;
  let learned = { lookedUp: 0, failed: 0 };
  const runningPods = createRunningPods({
    client,
    namespaces: () => cluster.namespaceNames().filter((name) => !isSystemNamespace(name, namespace)),
    excluded: [...SYSTEM_NAMESPACES, namespace],
  });
  try {
    const work = warmUp({ ...parts, runningPods }, signal, (result) => (learned = result));
    await raceAbort(work, signal, () => {});
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (isKubernetesError(error, 'forbidden'))
      logger.info({ reason: error.message }, 'images of running Pods are not looked up at the start');
    else if (!signal.aborted) logger.warn({}, describeError(error));
  }
  return learned;
}

/**
 * Makes a new replica know what earlier ones knew, before it is ready: during an outage of a registry nothing could be looked
 * up. What is stored survives; images of running Pods that it lacks are looked up.
 */
export function startWarm(parts: WarmStartParts, signal: AbortSignal): WarmStart {
  const { catalog, cluster, client, namespace, logger, metrics } = parts;
  const { onWarmed } = metrics.images;
  const store = createImageStore({
    catalog,
    snapshots: createImageSecret({ client }, { namespace }),
    hasNamespace: (name) => cluster.namespace(name) !== undefined,
    logger,
  });
  let isDone = false;
  let isStoring = false;

  async function run(): Promise<void> {
    const began = performance.now();
    const limit = limitOf(parts, signal);
    // An API server that has just started forbids, for a second, what its roles allow: lists are retried until it does not.
    await raceAbort(cluster.listed, limit, () => {});
    const stored = await loadStored(store, parts, limit);
    const { lookedUp, failed } = await learnRunning(parts, limit);
    isDone = true;
    onWarmed('stored', stored ?? 0);
    onWarmed('registry', lookedUp);
    onWarmed('failed', failed);
    if (signal.aborted) return;
    const milliseconds = Math.round(performance.now() - began);
    logger.info(
      { stored: stored ?? 0, lookedUp, failed, milliseconds },
      'learned images before the first admission',
    );
    if (stored === null) return;
    isStoring = true;
    await store.follow(signal);
  }

  // A bug in it must not keep the replica from serving.
  void run()
    .catch((error: unknown) => logger.error({ err: error }, 'cannot learn images before the first admission'))
    .finally(() => (isDone = true));

  return {
    check: () => (isDone ? null : 'learning the images of running Pods'),
    save: async () => {
      if (isStoring) await store.save(AbortSignal.timeout(WARM_START_TIMES.saveMilliseconds));
    },
  };
}
