import type { RunningPod, RunningPodsPort } from '../assess/ports.ts';
import { AppError } from '../lib/errors.ts';
import { isObject, property, type JsonObject } from '../lib/json.ts';
import { metadataText } from '../pod/object-metadata.ts';
import { readPod } from '../pod/pod.ts';
import type { KubernetesClient } from './client.ts';
import { namespacePath } from './collections.ts';
import { isKubernetesError } from './kubernetes-error.ts';

const RUNNING_PODS_LIMITS = {
  /** Pods take some 8 KiB each. */
  pageSize: 25,
  /** Bytes of a page: Pods may be 1.5 MiB each, and wasmgate starts within 256 MiB. */
  maxPageBytes: 4 * 1024 * 1024,
  /** Pages in all, read one after another: some seconds of one client, of what may be 150,000 Pods. */
  maxPages: 200,
} as const;

interface RunningPodsDeps {
  readonly client: KubernetesClient;
  /** Returns the namespaces whose Pods wasmgate judges. */
  readonly namespaces: () => readonly string[];
  /** Returns the namespaces that it never judges. */
  readonly excluded: readonly string[];
  /** In [0, 1). */
  readonly random?: () => number;
}

interface Page {
  readonly pods: readonly RunningPod[];
  /** Where the next page begins; empty after the last one. */
  readonly next: string;
}

/** A namespace that is read in turn with others. */
interface Turn {
  readonly path: string;
  readonly next: string;
}

function parsePod(item: unknown): readonly RunningPod[] {
  if (!isObject(item)) return [];
  try {
    return [{ namespace: metadataText(item, 'namespace'), pod: readPod(item) }];
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}

function parsePage(list: JsonObject): Page {
  const items = property(list, 'items');
  return {
    pods: Array.isArray(items) ? items.flatMap(parsePod) : [],
    next: metadataText(list, 'continue'),
  };
}

function shuffled<Item>(items: readonly Item[], random: () => number): readonly Item[] {
  return items
    .map((item) => [random(), item] as const)
    .toSorted(([one], [other]) => one - other)
    .map(([, item]) => item);
}

/**
 * Lists running Pods. The API server lists by namespace in alphabetical order, so if one page of the whole cluster is not
 * enough, each namespace is listed for itself: a large one delays no other.
 */
export function createRunningPods(
  { client, namespaces, excluded, random = Math.random }: RunningPodsDeps,
  options: { readonly [Key in keyof typeof RUNNING_PODS_LIMITS]?: number } = {},
): RunningPodsPort {
  const { pageSize, maxPageBytes: maxBytes, maxPages } = { ...RUNNING_PODS_LIMITS, ...options };
  const fieldSelector = [
    'status.phase=Running',
    ...excluded.map((name) => `metadata.namespace!=${name}`),
  ].join();

  async function list({ path, next }: Turn, signal: AbortSignal): Promise<Page> {
    const query = { fieldSelector, limit: String(pageSize), ...(next === '' ? {} : { continue: next }) };
    return parsePage(await client.request({ action: 'list running Pods', path, query, maxBytes }, signal));
  }

  return {
    async *pages(signal) {
      let isComplete = false;
      try {
        const { pods, next } = await list({ path: '/api/v1/pods', next: '' }, signal);
        yield pods;
        isComplete = next === '';
      } catch (error) {
        if (!isKubernetesError(error, 'too-large')) throw error;
      }
      if (isComplete) return;
      const turns = shuffled(namespaces(), random).map((name): Turn => ({
        path: namespacePath(name, 'pods'),
        next: '',
      }));
      for (let pages = 1; pages < maxPages; pages += 1) {
        const turn = turns.shift();
        if (turn === undefined) return;
        try {
          const { pods, next } = await list(turn, signal);
          yield pods;
          if (next !== '') turns.push({ ...turn, next });
        } catch (error) {
          // Large Pods, or a list that has expired, end the turns of their namespace only.
          if (!isKubernetesError(error, 'too-large', 'expired')) throw error;
        }
      }
    },
  };
}
