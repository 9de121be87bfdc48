import type { LiveNames } from '../cli/completion/complete-words.ts';
import type { Io } from '../cli/io.ts';
import { isObject, property } from '../lib/json.ts';
import { metadataText } from '../pod/object-metadata.ts';
import { openUserCluster, readUserKubeconfig } from './connect-kubernetes.ts';

const LIMITS = {
  /** A user who has pressed Tab does not wait longer. A cluster on another continent answers in half a second. */
  milliseconds: 1500,
  /** More names are no help in a list, and a page of them comes fast. */
  names: 500,
} as const;

/** Returns what the work finds within the limit, and nothing if it fails or is late: a prompt is no place for errors. */
async function inTime(work: (signal: AbortSignal) => Promise<readonly string[]>): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(LIMITS.milliseconds);
  const late = new Promise<readonly string[]>((resolve) => {
    signal.addEventListener('abort', () => resolve([]), { once: true });
  });
  return Promise.race([work(signal).catch(() => []), late]);
}

export function wireCompletion(env: Io['env']): LiveNames {
  return {
    contexts: (choice) =>
      inTime(async () => [...((await readUserKubeconfig(choice.kubeconfig, env))?.contexts.keys() ?? [])]),
    namespaces: (choice) =>
      inTime(async (signal) => {
        const { client } = await openUserCluster(choice, env);
        const query = { limit: String(LIMITS.names) };
        const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
        const call = { action: 'list namespaces', path: '/api/v1/namespaces', query, accept };
        const items = property(await client.request(call, signal), 'items');
        return Array.isArray(items) ? items.filter(isObject).map((item) => metadataText(item, 'name')) : [];
      }),
  };
}
