import { isObject, property, stringOr, type JsonObject } from '../../lib/json.ts';
import type { ParsedDocument } from './parse-documents.ts';

/** A Kubernetes object out of a document: the document itself, or an item of its list. */
export interface Manifest {
  readonly file: string;
  readonly document: number;
  readonly group: string;
  readonly kind: string;
  readonly object: JsonObject;
}

export interface Manifests {
  readonly manifests: readonly Manifest[];
  /** Documents that are no Kubernetes objects: Helm values, lists of strings. */
  readonly others: readonly ParsedDocument[];
}

/** Kinds that are made for a tool on the user's machine, and that no API server knows. */
const TOOL_GROUPS: ReadonlySet<string> = new Set([
  'kustomize.config.k8s.io',
  'kind.x-k8s.io',
  'skaffold',
  'wasmgate.dev',
]);

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/', 1)[0] ?? '') : '';
}

/** The API server writes neither kind nor version into the items of a typed list such as PodList. */
function itemsOf(list: JsonObject, kind: string, apiVersion: string): readonly JsonObject[] | null {
  const items = property(list, 'items');
  if (!kind.endsWith('List') || !(Array.isArray(items) || items === null)) return null;
  const typed = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
  return (items ?? []).filter(isObject).map((item) => ({ ...typed, ...item }));
}

function manifestsOf(value: unknown, place: ParsedDocument): readonly Manifest[] | null {
  if (!isObject(value)) return null;
  const apiVersion = stringOr(property(value, 'apiVersion'), '');
  const kind = stringOr(property(value, 'kind'), '');
  if (apiVersion === '' || kind === '') return null;
  const items = itemsOf(value, kind, apiVersion);
  if (items !== null) return items.flatMap((item) => manifestsOf(item, place) ?? []);
  const group = groupOf(apiVersion);
  if (TOOL_GROUPS.has(group)) return null;
  const { file, document } = place;
  return [{ file, document, group, kind, object: value }];
}

/** The Kubernetes objects in all documents, lists taken apart, in order. */
export function collectManifests(documents: readonly ParsedDocument[]): Manifests {
  const manifests: Manifest[] = [];
  const others: ParsedDocument[] = [];
  for (const parsed of documents) {
    const found = manifestsOf(parsed.value, parsed);
    if (found === null) others.push(parsed);
    else manifests.push(...found);
  }
  return { manifests, others };
}
