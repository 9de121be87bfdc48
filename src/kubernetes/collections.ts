import { isObject, property, type JsonObject } from '../lib/json.ts';
import { metadataText } from '../pod/object-metadata.ts';
import type { KubernetesClient } from './client.ts';
import { createKubernetesError, isKubernetesError, type KubernetesError } from './kubernetes-error.ts';

export interface ListOptions {
  /** For people: `nodes`. */
  readonly what: string;
  readonly path: string;
  readonly pageSize: number;
}

/**
 * Lists a collection page by page; each object is handed over and forgotten, so that memory holds one page at a time.
 * @returns the resourceVersion to watch from
 */
export async function listPages(
  { client, signal }: { readonly client: KubernetesClient; readonly signal: AbortSignal },
  { what, path, pageSize }: ListOptions,
  take: (object: JsonObject) => void,
): Promise<string> {
  const action = `list ${what}`;
  let next = '';
  for (;;) {
    const query = { limit: String(pageSize), ...(next === '' ? {} : { continue: next }) };
    const page = await client.request({ action, path, query }, signal);
    const items = property(page, 'items');
    if (!Array.isArray(items)) {
      throw createKubernetesError(action, 'invalid-response', { state: 'the answer has no items' });
    }
    for (const item of items) if (isObject(item)) take(item);
    next = metadataText(page, 'continue');
    if (next === '') return readResourceVersion(page, action);
  }
}

export function readResourceVersion(object: JsonObject, action: string): string {
  const version = metadataText(object, 'resourceVersion');
  if (version !== '') return version;
  throw createKubernetesError(action, 'invalid-response', { state: 'the answer has no resourceVersion' });
}

const DEFAULTS = {
  /** Nodes are the largest, of some tens of KiB: a page stays far below what the client takes as an answer. */
  pageSize: 100,
} as const;

/** What a decision rests on; Secrets and ServiceAccounts are read by name where an image asks for them. */
const COLLECTIONS = [
  { kind: 'RuntimeClass', what: 'runtime classes', path: '/apis/node.k8s.io/v1/runtimeclasses' },
  { kind: 'Node', what: 'nodes', path: '/api/v1/nodes' },
  { kind: 'Namespace', what: 'namespaces', path: '/api/v1/namespaces' },
  { kind: 'LimitRange', what: 'limit ranges', path: '/api/v1/limitranges' },
] as const;

export interface ListedFacts {
  readonly objects: readonly JsonObject[];
  /** What may not be listed: the rest is taken as it is, since a user who is no administrator sees no nodes. */
  readonly forbidden: readonly KubernetesError[];
}

type Collection = (typeof COLLECTIONS)[number];

/** The cluster as it is now, each collection listed once. */
export async function listFacts(
  client: KubernetesClient,
  signal: AbortSignal,
  kinds: readonly Collection['kind'][] = COLLECTIONS.map(({ kind }) => kind),
): Promise<ListedFacts> {
  const objects: JsonObject[] = [];
  const forbidden: KubernetesError[] = [];
  const list = async ({ kind, what, path }: Collection): Promise<void> => {
    try {
      // The items of a list do not say their kind.
      await listPages({ client, signal }, { what, path, ...DEFAULTS }, (object) => {
        objects.push({ ...object, kind });
      });
    } catch (error) {
      if (!isKubernetesError(error, 'forbidden')) throw error;
      forbidden.push(error);
    }
  };
  await Promise.all(COLLECTIONS.filter(({ kind }) => kinds.includes(kind)).map(list));
  return { objects, forbidden };
}
