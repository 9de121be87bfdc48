import { NAMESPACE } from '../audit/audited-kinds.ts';
import type { LiveNames } from '../cli/completion/complete-words.ts';
import type { Io } from '../cli/io.ts';
import { createObjects } from '../kubernetes/list-objects.ts';
import type { JsonObject } from '../lib/json.ts';
import { metadataText } from '../pod/object-metadata.ts';
import { openUserCluster, readUserKubeconfig } from './open-user-cluster.ts';

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
        const objects = createObjects({ client }, { pageSize: LIMITS.names, attempts: 1 });
        const scope = { namespace: null, selector: '', isMetadataOnly: true };
        const { value: page } = await objects.pages(NAMESPACE, scope, signal).next();
        return Array.isArray(page) ? page.map((item: JsonObject) => metadataText(item, 'name')) : [];
      }),
  };
}
