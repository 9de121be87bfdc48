import { isObject, property, type JsonObject } from '../lib/json.ts';
import { parseLimitRange, parseNamespace, parseNode, parseRuntimeClass } from '../pod/cluster-objects.ts';
import { metadataText } from '../pod/object-metadata.ts';
import type { KubernetesClient } from './client.ts';
import { createKubernetesError, isKubernetesError, type KubernetesError } from './kubernetes-error.ts';

/** The collections that decisions depend on. Secrets and ServiceAccounts are read by name, when an image needs them. */
export const COLLECTIONS = {
  'runtime classes': {
    kind: 'RuntimeClass',
    path: '/apis/node.k8s.io/v1/runtimeclasses',
    parse: parseRuntimeClass,
  },
  namespaces: { kind: 'Namespace', path: '/api/v1/namespaces', parse: parseNamespace },
  nodes: { kind: 'Node', path: '/api/v1/nodes', parse: parseNode },
  'limit ranges': { kind: 'LimitRange', path: '/api/v1/limitranges', parse: parseLimitRange },
} as const;

export type CollectionName = keyof typeof COLLECTIONS;
export const COLLECTION_NAMES = Object.keys(COLLECTIONS) as readonly CollectionName[];

/** Returns the name of a collection as the API spells it, without a space: `runtimeclasses`. */
export function resourceOf(collection: string): string {
  return collection.replaceAll(' ', '');
}

type Kind = (typeof COLLECTIONS)[CollectionName]['kind'];

/** Returns the path of a namespace, or of something in it: `secrets`, then perhaps a name. */
export function namespacePath(namespace: string, ...below: readonly string[]): string {
  return [COLLECTIONS.namespaces.path, ...[namespace, ...below].map(encodeURIComponent)].join('/');
}

/** A node takes some tens of KiB, the most of all kinds: a page stays far below what the client accepts. */
const PAGE_SIZE = 100;

export interface ListOptions {
  /** For people: `nodes`. */
  readonly what: string;
  readonly path: string;
  readonly pageSize?: number;
}

/**
 * Lists a collection page by page. Each object is passed on and forgotten, so memory holds one page at a time.
 * @returns the resourceVersion to watch from
 */
export async function listPages(
  { client, signal }: { readonly client: KubernetesClient; readonly signal: AbortSignal },
  { what, path, pageSize = PAGE_SIZE }: ListOptions,
  onObject: (object: JsonObject) => void,
): Promise<string> {
  const action = `list ${what}`;
  let next = '';
  for (;;) {
    const query = { limit: String(pageSize), ...(next === '' ? {} : { continue: next }) };
    const page = await client.request({ action, path, query }, signal);
    const items = property(page, 'items');
    if (!Array.isArray(items)) {
      throw createKubernetesError(action, 'invalid-response', { state: 'the response has no items' });
    }
    for (const item of items) if (isObject(item)) onObject(item);
    next = nextPage(page, next, action);
    if (next === '') return readResourceVersion(page, action);
  }
}

/**
 * Returns where the next page begins; '' after the last one.
 * @param position where this page began: a server that always names the same one would keep the list from ever ending
 */
export function nextPage(page: JsonObject, position: string, action: string): string {
  const next = metadataText(page, 'continue');
  if (next === '' || next !== position) return next;
  throw createKubernetesError(action, 'invalid-response', {
    state: 'its next page begins where this one did',
  });
}

export function readResourceVersion(object: JsonObject, action: string): string {
  const version = metadataText(object, 'resourceVersion');
  if (version !== '') return version;
  throw createKubernetesError(action, 'invalid-response', { state: 'the response has no resourceVersion' });
}

export interface ListedFacts {
  readonly objects: readonly JsonObject[];
  /** Collections that could not be listed: a user who is not an administrator cannot see nodes. */
  readonly failed: ReadonlyMap<CollectionName, KubernetesError>;
}

/** A list of many pages may outlive its continue token, and the next attempt hardly does. */
const LIST_ATTEMPTS = 2;

/** Lists a whole collection, and starts again if a page has expired meanwhile. */
async function listAll(
  source: Parameters<typeof listPages>[0],
  options: ListOptions,
): Promise<readonly JsonObject[]> {
  for (let attempt = 1; ; attempt += 1) {
    const objects: JsonObject[] = [];
    try {
      await listPages(source, options, (object) => objects.push(object));
      return objects;
    } catch (error) {
      if (attempt >= LIST_ATTEMPTS || !isKubernetesError(error, 'expired')) throw error;
    }
  }
}

/** Reports whether the API server understood who asks, and answered for this list alone. */
function isAnswer({ code }: KubernetesError): boolean {
  return code !== 'unauthorized' && code !== 'unreachable' && code !== 'tls' && code !== 'timeout';
}

/**
 * Lists each collection once, or those of some kinds only.
 * @throws KubernetesError if that fails for all of them because there is no answer, or the login is invalid
 */
export async function listFacts(
  client: KubernetesClient,
  signal: AbortSignal,
  kinds?: readonly Kind[],
): Promise<ListedFacts> {
  const objects: JsonObject[] = [];
  const failed = new Map<CollectionName, KubernetesError>();
  const wanted = COLLECTION_NAMES.filter((name) => kinds?.includes(COLLECTIONS[name].kind) !== false);
  const list = async (what: CollectionName): Promise<void> => {
    const { kind, path } = COLLECTIONS[what];
    try {
      // The items of a list do not name their kind.
      const listed = await listAll({ client, signal }, { what, path });
      for (const object of listed) objects.push({ ...object, kind });
    } catch (error) {
      if (!isKubernetesError(error)) throw error;
      failed.set(what, error);
    }
  };
  await Promise.all(wanted.map(list));
  const [first] = failed.values();
  if (first !== undefined && failed.size === wanted.length && ![...failed.values()].some(isAnswer))
    throw first;
  return { objects, failed };
}
