import type { StoredPodsPort } from '../assess/ports.ts';
import { readPod } from '../pod/read-pod.ts';
import type { KubernetesClient } from './client.ts';
import { isKubernetesError } from './kubernetes-error.ts';

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
