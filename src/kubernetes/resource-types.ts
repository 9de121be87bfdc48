import type { ServedKind } from '../audit/ports.ts';
import { child, objectList, property, stringList, stringOr, type JsonObject } from '../lib/json.ts';
import type { KubernetesClient } from './client.ts';
import { createKubernetesError } from './kubernetes-error.ts';

/** A kind as the API server describes it to kubectl. */
export interface ResourceType extends ServedKind {
  /** Such as `deployment`; empty if there is none. */
  readonly singular: string;
  /** Such as `deploy`. */
  readonly shortNames: readonly string[];
  /** Such as `all`. */
  readonly categories: readonly string[];
  readonly isNamespaced: boolean;
}

/** One document for all groups, of Kubernetes 1.30 and newer; before, it was in beta. */
const AGGREGATED = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(',');

/** `/api` describes the core group, `/apis` all others. */
const ROOTS = ['/api', '/apis'] as const;

function typeOf(resource: JsonObject, group: string, version: string): ResourceType {
  const text = (key: string): string => stringOr(property(resource, key), '');
  const list = (key: string): readonly string[] => stringList(property(resource, key)) ?? [];
  return {
    group,
    version,
    kind: stringOr(property(child(resource, 'responseKind'), 'kind'), ''),
    resource: text('resource'),
    singular: text('singularResource'),
    shortNames: list('shortNames'),
    categories: list('categories'),
    isNamespaced: text('scope') === 'Namespaced',
  };
}

/** Returns the types of a group that can be listed, each in the preferred version that has it. */
function typesIn(entry: JsonObject): readonly ResourceType[] {
  const group = stringOr(property(child(entry, 'metadata'), 'name'), '');
  const types = new Map<string, ResourceType>();
  for (const version of objectList(property(entry, 'versions'))) {
    const name = stringOr(property(version, 'version'), '');
    for (const resource of objectList(property(version, 'resources'))) {
      if (stringList(property(resource, 'verbs'))?.includes('list') !== true) continue;
      const type = typeOf(resource, group, name);
      if (!types.has(type.resource)) types.set(type.resource, type);
    }
  }
  return [...types.values()];
}

/**
 * Reads which types the API server serves, in the order in which kubectl prefers their groups.
 * @throws KubernetesError
 */
export async function readResourceTypes(
  client: KubernetesClient,
  signal: AbortSignal,
): Promise<readonly ResourceType[]> {
  const action = 'list resource types';
  const groups = await Promise.all(
    ROOTS.map(async (path) => {
      const document = await client.request({ action, path, accept: AGGREGATED }, signal);
      if (Array.isArray(property(document, 'items'))) return objectList(property(document, 'items'));
      const state = 'the API server does not describe them in one document; Kubernetes 1.30 and newer does';
      throw createKubernetesError(action, 'invalid-response', { state });
    }),
  );
  return groups.flat().flatMap(typesIn);
}

/** Reports whether a type has this name, perhaps with its group, or version and group: `deploy`, `deployments.v1.apps`. */
function isNamed(
  { resource, singular, kind, shortNames, group, version }: ResourceType,
  typed: string,
): boolean {
  const name = typed.toLowerCase();
  const dot = name.indexOf('.');
  const [plain, place] = dot < 0 ? [name, null] : [name.slice(0, dot), name.slice(dot + 1)];
  if (place !== null && place !== group && place !== `${version}.${group}`) return false;
  return [resource, singular, kind.toLowerCase(), ...shortNames].includes(plain);
}

/** Returns the types of this name, in the order of kubectl's preference; all types of a category such as `all`. */
export function findTypes(types: readonly ResourceType[], name: string): readonly ResourceType[] {
  const named = types.filter((type) => isNamed(type, name));
  return named.length > 0 ? named : types.filter(({ categories }) => categories.includes(name));
}

/** Returns all words that name a type, for suggestions. */
export function namesOf(types: readonly ResourceType[]): readonly string[] {
  return types.flatMap(({ resource, singular, shortNames }) => [singular, resource, ...shortNames]);
}
