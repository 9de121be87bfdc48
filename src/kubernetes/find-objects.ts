import type { ListedScope, ObjectQuery } from '../audit/ports.ts';
import { AppError } from '../lib/errors.ts';
import { property, type JsonObject } from '../lib/json.ts';
import { didYouMean } from '../lib/nearest-name.ts';
import { apiVersionOf, resourceName } from '../pod/object-metadata.ts';
import { WORKLOAD_KINDS } from '../pod/workloads.ts';
import type { KubernetesClient } from './client.ts';
import { pathOfVersion } from './discovery.ts';
import { isKubernetesError } from './kubernetes-error.ts';
import { createObjects } from './list-objects.ts';
import { adviseOnFailedRead } from './missing-right.ts';
import { findTypes, namesOf, readResourceTypes, type ResourceType } from './resource-types.ts';

interface FindObjectsOptions {
  readonly scope: Pick<ListedScope, 'namespace' | 'selector'>;
  readonly signal: AbortSignal;
}

function isReviewed({ group, kind }: ResourceType): boolean {
  const kinds = [{ group: '', kind: 'Pod' }, ...WORKLOAD_KINDS];
  return kinds.some((known) => known.group === group && known.kind === kind);
}

function wrong(code: string, message: string): AppError {
  return new AppError(code, message, { blame: 'input' });
}

/** Returns the types that a word means: one, or those of a category. @throws AppError as kubectl's errors */
function resolveTypes(types: readonly ResourceType[], typed: string): readonly ResourceType[] {
  const found = findTypes(types, typed);
  if (found.length === 0) {
    const hint = didYouMean(typed, namesOf(types.filter(isReviewed)));
    throw wrong('unknown-type', `The server does not have a resource type "${typed}".${hint}`);
  }
  const reviewed = found.filter(isReviewed);
  const [first] = reviewed;
  if (first === undefined) {
    const names = found.map(resourceName).join(', ');
    throw wrong(
      'nothing-to-review',
      `Cannot review ${names}: wasmgate judges Pods, and workloads with a Pod template`,
    );
  }
  const isCategory = reviewed.every(({ categories }) => categories.includes(typed));
  // As kubectl does: "sts" means Kubernetes' own StatefulSets if Kruise's have this short name, too.
  return isCategory ? reviewed : [first];
}

/** Drops what kubectl hides, too: it is longer than the rest, and of no use in a manifest. */
function withoutManagedFields(object: JsonObject): JsonObject {
  const metadata = property(object, 'metadata');
  const { managedFields: _, ...kept } = metadata as JsonObject;
  return { ...object, metadata: kept };
}

/** Finds the objects that the arguments of a command name, with the user's rights. */
export function createFindObjects(client: KubernetesClient) {
  const { pages } = createObjects({ client });

  async function readOne(
    type: ResourceType,
    name: string,
    { scope: { namespace }, signal }: FindObjectsOptions,
  ): Promise<JsonObject> {
    const place = type.isNamespaced && namespace !== null ? ['namespaces', namespace] : [];
    const path = [pathOfVersion(type), ...[...place, type.resource, name].map(encodeURIComponent)].join('/');
    const where = place.length === 0 ? '' : ` in namespace "${namespace}"`;
    const action = `read ${type.kind} "${name}"${where}`;
    try {
      const object = await client.request({ action, path }, signal);
      return { ...object, apiVersion: apiVersionOf(type), kind: type.kind };
    } catch (error) {
      if (isKubernetesError(error, 'not-found'))
        throw wrong('not-found', `Cannot ${action}: ${resourceName(type)} "${name}" not found`);
      throw withAdvice(error, type, { verb: 'get', namespace, name });
    }
  }

  async function list(
    type: ResourceType,
    { scope, signal }: FindObjectsOptions,
  ): Promise<readonly JsonObject[]> {
    const { isNamespaced } = type;
    const found: JsonObject[] = [];
    try {
      for await (const page of pages(type, isNamespaced ? scope : { ...scope, namespace: null }, signal))
        for (const object of page) found.push(object);
      return found;
    } catch (error) {
      throw withAdvice(error, type, { verb: 'list', namespace: scope.namespace });
    }
  }

  /**
   * @returns the objects in the order of the arguments
   * @throws AppError for a type or a name that does not exist, and for what the user may not read
   */
  return async (
    queries: readonly ObjectQuery[],
    options: FindObjectsOptions,
  ): Promise<readonly JsonObject[]> => {
    const types = await readResourceTypes(client, options.signal);
    const found = await Promise.all(
      queries.map(async ({ type: typed, names }) => {
        const meant = resolveTypes(types, typed);
        const read = meant.flatMap((type) =>
          names.length === 0
            ? [list(type, options)]
            : names.map(async (name) => [await readOne(type, name, options)]),
        );
        return (await Promise.all(read)).flat();
      }),
    );
    return found.flat().map(withoutManagedFields);
  };
}

/** Names the missing right. */
function withAdvice(
  error: unknown,
  { group, resource }: ResourceType,
  right: { readonly verb: 'get' | 'list'; readonly namespace: string | null; readonly name?: string },
): unknown {
  if (!isKubernetesError(error, 'forbidden')) return error;
  const advice = adviseOnFailedRead(error, { group, resource, ...right });
  return new AppError(error.code, error.message, { cause: error, advice });
}
