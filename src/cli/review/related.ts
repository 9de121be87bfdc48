import { objectKey } from '../../audit/ownership.ts';
import { AppError } from '../../lib/errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import { groupKindOf } from '../../pod/object-metadata.ts';
import { executorNameOf, isSpinApp } from '../../pod/spin-app.ts';
import { templateReference, type GroupKind } from '../../pod/workloads.ts';
import type { Manifest } from './manifests.ts';
import { namespaceOf, type Neighbors } from './subjects.ts';

/** Lists objects of the cluster with the user's rights; those of all namespaces if it is null. */
export type ReadObjects = (
  kind: GroupKind,
  scope: { readonly namespace: string | null; readonly name?: string },
) => Promise<readonly JsonObject[]>;

/** Reads for one review. Objects that need more remain undecided. */
const MAX_READS = 100;

const EXECUTOR: GroupKind = { group: 'core.spinkube.dev', kind: 'SpinAppExecutor' };

/** A list that some objects of the input need. */
interface Wanted {
  readonly kind: GroupKind;
  readonly namespace: string | null;
  readonly name?: string;
}

function wantedFor({ group, kind, object }: Manifest, neighbors: Neighbors): Wanted | null {
  const namespace = namespaceOf(object, neighbors.namespace);
  const reference = templateReference(object, { group, kind });
  if (reference !== null) {
    const isGiven = neighbors.keys.has(objectKey(namespace, reference));
    return isGiven ? null : { kind: groupKindOf(reference), namespace, name: reference.name };
  }
  if (!isSpinApp({ group, kind })) return null;
  const name = executorNameOf(object);
  // The operator takes the first name in the alphabet, in whatever namespace it is.
  if (name === '') return neighbors.executors.length > 0 ? null : { kind: EXECUTOR, namespace: null };
  const isGiven = neighbors.executors.some((one) => one.name === name && one.namespace === namespace);
  return isGiven ? null : { kind: EXECUTOR, namespace };
}

/** What was read for the objects of the input. */
export interface Related {
  readonly objects: readonly JsonObject[];
  /** Why objects are unknown, by the manifest that needs them. */
  readonly unread: ReadonlyMap<Manifest, AppError>;
}

export const NOTHING_RELATED: Related = { objects: [], unread: new Map() };

/** Reads the objects of the cluster that results depend on, and that are not among the input: executors, and templates. */
export async function readRelated(
  manifests: readonly Manifest[],
  neighbors: Neighbors,
  read: ReadObjects,
): Promise<Related> {
  const wanted = new Map<string, { readonly list: Wanted; readonly by: Manifest[] }>();
  for (const manifest of manifests) {
    const list = wantedFor(manifest, neighbors);
    if (list === null) continue;
    const key = JSON.stringify(list);
    const known = wanted.get(key) ?? { list, by: [] };
    if (wanted.size >= MAX_READS && !wanted.has(key)) continue;
    known.by.push(manifest);
    wanted.set(key, known);
  }
  const objects: JsonObject[] = [];
  const unread = new Map<Manifest, AppError>();
  for (const { list, by } of wanted.values()) {
    const { kind, ...scope } = list;
    try {
      objects.push(...(await read(kind, scope)));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      for (const manifest of by) unread.set(manifest, error);
    }
  }
  return { objects, unread };
}
