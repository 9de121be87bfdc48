import type { ClusterPort, StoredPodsPort } from '../assess/ports.ts';
import { raceAbort } from '../lib/race-abort.ts';
import { parseNamespace, type RuntimeClass } from '../pod/cluster-objects.ts';
import { readPod } from '../pod/pod.ts';
import type { KubernetesClient } from './client.ts';
import { COLLECTIONS, listPages, namespacePath } from './collections.ts';
import { createKubernetesError, readOrNull } from './kubernetes-error.ts';

const CLASS_LIST_LIMITS = {
  /** A user who has just created a class retries after some seconds; Pods that need another class arrive by the hundred. */
  ttlMilliseconds: 2_000,
  /**
   * Counts from the start of a list, for all callers. API servers list a handful of objects in milliseconds; behind one that does not,
   * every Pod that needs a class would wait until its admission times out.
   */
  maxWaitMilliseconds: 2_000,
} as const;

/**
 * Namespaces younger than the watch are few at a time. Anyone who reaches the port can name thousands that do not exist, and
 * each read takes a connection.
 */
const MAX_NAMESPACE_READS = 16;

/** Lists the classes as they are now. Callers share one list, and its result for a moment, so no Pod causes more than one. */
export type FetchRuntimeClasses = (signal: AbortSignal) => Promise<readonly RuntimeClass[]>;

/** Caches failures, too, unlike a single-flight cache: otherwise every Pod would call an API server in trouble. */
export function createFetchRuntimeClasses(
  client: KubernetesClient,
  options: { readonly [Key in keyof typeof CLASS_LIST_LIMITS]?: number } = {},
): FetchRuntimeClasses {
  const { ttlMilliseconds, maxWaitMilliseconds } = { ...CLASS_LIST_LIMITS, ...options };
  const what = 'runtime classes';
  let listing: Promise<readonly RuntimeClass[]> | undefined;
  let maxWait = new AbortController().signal;
  let expires = 0;

  async function list(): Promise<readonly RuntimeClass[]> {
    const { path, parse } = COLLECTIONS[what];
    const classes: RuntimeClass[] = [];
    try {
      // The callers' signals do not end it; the client's own timeout does.
      const { signal } = new AbortController();
      await listPages({ client, signal }, { what, path }, (object) => {
        const parsed = parse(object);
        if (parsed !== null) classes.push(parsed);
      });
      return classes;
    } finally {
      expires = performance.now() + ttlMilliseconds;
    }
  }

  return (signal) => {
    if (listing === undefined || performance.now() >= expires) {
      expires = Infinity;
      maxWait = AbortSignal.timeout(maxWaitMilliseconds);
      listing = list();
    }
    return raceAbort(listing, AbortSignal.any([signal, maxWait]), () => {
      throw createKubernetesError(`list ${what}`, 'timeout', { state: 'timed out' });
    });
  };
}

/** Reads single namespaces, a bounded number at a time; further reads fail at once. */
export function createFetchNamespace({
  client,
}: {
  readonly client: Pick<KubernetesClient, 'request'>;
}): ClusterPort['fetchNamespace'] {
  let underWay = 0;
  return async (name, signal) => {
    const action = `read namespace "${name}"`;
    if (underWay >= MAX_NAMESPACE_READS)
      throw createKubernetesError(action, 'too-many-requests', { state: 'too many others are being read' });
    underWay += 1;
    try {
      const call = { action, path: namespacePath(name) };
      const object = await readOrNull(() => client.request(call, signal));
      return (object && parseNamespace(object)) ?? undefined;
    } finally {
      underWay -= 1;
    }
  };
}

/** Reads single Pods by name. */
export function createStoredPods({ client }: { readonly client: KubernetesClient }): StoredPodsPort {
  return {
    read: (namespace, name, signal) => {
      const call = {
        action: `read Pod "${namespace}/${name}"`,
        path: namespacePath(namespace, 'pods', name),
      };
      return readOrNull(async () => readPod(await client.request(call, signal)));
    },
  };
}
