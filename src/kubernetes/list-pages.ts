import { isObject, property, type JsonObject } from '../lib/json.ts';
import { metadataText } from '../pod/metadata-text.ts';
import type { KubernetesClient } from './client.ts';
import { createKubernetesError } from './kubernetes-error.ts';

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
