import type { ClusterPort } from '../assess/ports.ts';
import { parseNamespace } from '../pod/parse-cluster-objects.ts';
import type { KubernetesClient } from './client.ts';
import { createKubernetesError, isKubernetesError } from './kubernetes-error.ts';

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
