import { basename } from 'node:path';
import { referenceOf } from '../../audit/ownership.ts';
import { FROM_CLUSTER } from '../../audit/reported-item.ts';
import type { Origin } from '../../audit/subject.ts';
import { isObject, property, stringOr, type JsonObject } from '../../lib/json.ts';
import { nearestName } from '../../lib/nearest-name.ts';
import { groupKindOf } from '../../pod/object-metadata.ts';
import { WORKLOAD_KINDS } from '../../pod/workloads.ts';
import { findOrigin } from './find-origin.ts';
import type { Extent, ParsedDocument } from './parse-documents.ts';

/** A Kubernetes object: a document, or an item of a list in a document. */
export interface Manifest {
  readonly file: string;
  readonly document: number;
  /** Null if it comes from no file. */
  readonly line: number | null;
  readonly origin: Origin | null;
  /** The part of the file that holds the document. */
  readonly extent: Extent;
  /** Keys that lead from the document to the object. */
  readonly path: readonly string[];
  readonly group: string;
  readonly kind: string;
  readonly object: JsonObject;
}

export interface Manifests {
  readonly manifests: readonly Manifest[];
  /** Documents that are no Kubernetes objects, such as Helm values. */
  readonly others: readonly ParsedDocument[];
}

/** Groups of objects that are read by tools on the user's machine and unknown to the API server. */
const TOOL_GROUPS: ReadonlySet<string> = new Set([
  'kustomize.config.k8s.io',
  'kind.x-k8s.io',
  'skaffold',
  'wasmgate.dev',
]);

interface Item {
  readonly value: JsonObject;
  /** Its index in the list, which may hold other values. */
  readonly index: number;
}

/** Returns a list's items. In typed lists such as PodList, the API server leaves out their kind and version. */
function itemsOf(list: JsonObject, kind: string, apiVersion: string): readonly Item[] | null {
  const items = property(list, 'items');
  if (!kind.endsWith('List') || !(Array.isArray(items) || items === null)) return null;
  const typed = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
  return (items ?? []).flatMap((value: unknown, index) =>
    isObject(value) ? { value: { ...typed, ...value }, index } : [],
  );
}

interface Place {
  readonly parsed: ParsedDocument;
  readonly line: number;
  readonly path: readonly string[];
}

function manifestsOf(value: unknown, { parsed, line, path }: Place): readonly Manifest[] | null {
  if (!isObject(value)) return null;
  const apiVersion = stringOr(property(value, 'apiVersion'), '');
  const kind = stringOr(property(value, 'kind'), '');
  if (apiVersion === '' || kind === '') return null;
  const items = itemsOf(value, kind, apiVersion);
  if (items !== null) {
    // The lines of the items of a list in a list are not known; they get the line of the inner list.
    const lines = path.length === 0 ? parsed.itemLines : [];
    return items.flatMap((item, order) => {
      const itemPath = [...path, 'items', String(item.index)];
      return manifestsOf(item.value, { parsed, line: lines[order] ?? line, path: itemPath }) ?? [];
    });
  }
  const { group } = groupKindOf({ apiVersion, kind });
  if (TOOL_GROUPS.has(group)) return null;
  const { file, document, comment, extent } = parsed;
  const origin = findOrigin(value, comment);
  return [{ file, document, line, origin, extent, path, group, kind, object: value }];
}

/** Collects the Kubernetes objects of all documents, including list items, in order. */
export function collectManifests(documents: readonly ParsedDocument[]): Manifests {
  const manifests: Manifest[] = [];
  const others: ParsedDocument[] = [];
  for (const parsed of documents) {
    const found = manifestsOf(parsed.value, { parsed, line: parsed.line, path: [] });
    if (found === null) others.push(parsed);
    // A List may have more items than a call takes arguments.
    for (const manifest of found ?? []) manifests.push(manifest);
  }
  return { manifests, others };
}

const NO_EXTENT: Extent = { start: 0, end: 0, line: 0 };

/** Returns objects of the cluster as if they were documents of a file. */
export function manifestsOfCluster(objects: readonly JsonObject[]): readonly Manifest[] {
  return objects.map((object, index) => ({
    file: FROM_CLUSTER,
    document: index + 1,
    line: null,
    origin: null,
    extent: NO_EXTENT,
    path: [],
    ...groupKindOf(referenceOf(object)),
    object,
  }));
}

/** Kinds, as `group/kind`, that describe the cluster. */
const FACT_KINDS: ReadonlySet<string> = new Set([
  'node.k8s.io/RuntimeClass',
  '/Node',
  '/Namespace',
  '/LimitRange',
  '/ServiceAccount',
  '/Secret',
  'core.spinkube.dev/SpinAppExecutor',
]);

export function isFact({ group, kind }: Manifest): boolean {
  return FACT_KINDS.has(`${group}/${kind}`);
}

export function factsOf(manifests: readonly Manifest[]): readonly JsonObject[] {
  return manifests.filter(isFact).map(({ object }) => object);
}

/** Groups whose kinds are fixed. In any other group, a similar kind can be a custom resource. */
const CLOSED_GROUPS: ReadonlySet<string> = new Set(['', 'apps', 'batch']);

const REVIEWED_KINDS = [{ group: '', kind: 'Pod' }, ...WORKLOAD_KINDS].filter(({ group }) =>
  CLOSED_GROUPS.has(group),
);

/** Describes a misspelled kind, or one with the wrong apiVersion; null if the manifest shows neither. */
export function misspelledKind(manifest: Manifest): string | null {
  const { group, kind, object } = manifest;
  if (!CLOSED_GROUPS.has(group) || isFact(manifest)) return null;
  const nearest = nearestName(
    kind,
    REVIEWED_KINDS.map((candidate) => candidate.kind),
  );
  const meant = REVIEWED_KINDS.find((candidate) => candidate.kind === nearest);
  if (meant === undefined) return null;
  const right = meant.group === '' ? 'v1' : `${meant.group}/v1`;
  const written = stringOr(object['apiVersion'], '');
  const hint = meant.group === group ? `"${meant.kind}"` : `"${meant.kind}" with apiVersion ${right}`;
  return `there is no kind "${kind}" in ${written}. Did you mean ${hint}?`;
}

/** The file names that kustomize looks for. Most such files have neither kind nor apiVersion. */
export const KUSTOMIZATION_FILES: ReadonlySet<string> = new Set([
  'kustomization.yaml',
  'kustomization.yml',
  'Kustomization',
]);

export function isKustomization({ file }: Pick<ParsedDocument, 'file'>): boolean {
  return KUSTOMIZATION_FILES.has(basename(file));
}
