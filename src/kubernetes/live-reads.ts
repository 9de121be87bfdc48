import type { ClusterPort, StoredPodsPort } from '../assess/ports.ts';
import { raceAbort } from '../lib/race-abort.ts';
import { type RuntimeClass, parseRuntimeClass, parseNamespace } from '../pod/cluster-objects.ts';
import { readPod } from '../pod/pod.ts';
import type { KubernetesClient } from './client.ts';
import { listPages } from './collections.ts';
import { createKubernetesError, isKubernetesError } from './kubernetes-error.ts';

export const RUNTIME_CLASSES = {
  what: 'runtime classes',
  path: '/apis/node.k8s.io/v1/runtimeclasses',
  parse: parseRuntimeClass,
} as const;

const DEFAULTS = {
  /** Whoever made a class a moment ago tries again after some seconds; Pods that name none of them come by the hundred. */
  ttlMilliseconds: 2_000,
  /**
   * From the start of a list, whoever asks for it. API servers list a handful of objects in some milliseconds; of one that does
   * not, every Pod that is looked for a class would wait out its whole admission.
   */
  patienceMilliseconds: 2_000,
  /** Clusters have a handful. */
  pageSize: 100,
} as const;

/** The classes as they are now. Shared by all who ask at a time, and for a moment after: no Pod makes more than one list. */
export type FetchRuntimeClasses = (signal: AbortSignal) => Promise<readonly RuntimeClass[]>;

export function createFetchRuntimeClasses(
  client: KubernetesClient,
  options: { readonly [Key in keyof typeof DEFAULTS]?: number } = {},
): FetchRuntimeClasses {
  const { ttlMilliseconds, patienceMilliseconds, pageSize } = { ...DEFAULTS, ...options };
  let listing: Promise<readonly RuntimeClass[]> | undefined;
  let patience = new AbortController().signal;
  let goodUntil = 0;

  async function list(): Promise<readonly RuntimeClass[]> {
    const classes: RuntimeClass[] = [];
    try {
      // No single one's signal ends it; the client's own time limit does.
      const { signal } = new AbortController();
      await listPages({ client, signal }, { ...RUNTIME_CLASSES, pageSize }, (object) => {
        const parsed = parseRuntimeClass(object);
        if (parsed !== null) classes.push(parsed);
      });
      return classes;
    } finally {
      // A failure as well: an API server in trouble is not asked by every Pod.
      goodUntil = performance.now() + ttlMilliseconds;
    }
  }

  return (signal) => {
    if (listing === undefined || performance.now() >= goodUntil) {
      goodUntil = Infinity;
      patience = AbortSignal.timeout(patienceMilliseconds);
      listing = list();
    }
    return raceAbort(listing, AbortSignal.any([signal, patience]), () => {
      throw createKubernetesError('list runtime classes', 'timeout', { state: 'no answer in time' });
    });
  };
}

const NAMESPACE_READS = {
  /**
   * Namespaces younger than the watch are few at a time. Whoever reaches the port can name thousands that there are not, and
   * each read has a connection of its own.
   */
  atOnce: 16,
} as const;

/** Reads single namespaces, so many at a time; further ones fail at once. */
export function createFetchNamespace({
  client,
}: {
  readonly client: Pick<KubernetesClient, 'request'>;
}): ClusterPort['fetchNamespace'] {
  let underWay = 0;
  return async (name, signal) => {
    const action = `read namespace "${name}"`;
    if (underWay >= NAMESPACE_READS.atOnce)
      throw createKubernetesError(action, 'too-many-requests', { state: 'too many others are being read' });
    underWay += 1;
    try {
      const path = `/api/v1/namespaces/${encodeURIComponent(name)}`;
      return parseNamespace(await client.request({ action, path }, signal)) ?? undefined;
    } catch (error) {
      if (isKubernetesError(error, 'not-found')) return undefined;
      throw error;
    } finally {
      underWay -= 1;
    }
  };
}

/** Reads single Pods by name. */
export function createStoredPods({ client }: { readonly client: KubernetesClient }): StoredPodsPort {
  return {
    read: async (namespace, name, signal) => {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
      const action = `read Pod "${namespace}/${name}"`;
      try {
        return readPod(await client.request({ action, path }, signal));
      } catch (error) {
        if (isKubernetesError(error, 'not-found')) return null;
        throw error;
      }
    },
  };
}
