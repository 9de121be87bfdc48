import { setTimeout as sleep } from 'node:timers/promises';
import type { ListedScope, ObjectsPort, ServedKind } from '../audit/ports.ts';
import { AppError } from '../lib/errors.ts';
import { isObject, property, type JsonObject } from '../lib/json.ts';
import { apiVersionOf, metadataText } from '../pod/object-metadata.ts';
import { isTransient } from './backoff.ts';
import type { KubernetesClient } from './client.ts';
import { nextPage } from './collections.ts';
import { findServedKinds, pathOfVersion } from './discovery.ts';
import { createKubernetesError, isKubernetesError } from './kubernetes-error.ts';
import { adviseOnFailedRead } from './missing-right.ts';

const LIST_LIMITS = {
  /** A Pod is 8 to 20 kB of JSON. Pages of 100 need the least memory, in the same time as those of 500, which kubectl requests. */
  pageSize: 100,
  /**
   * Bytes of a page of several objects. In a CronJob of 256 MiB, a page takes some five times its size; a larger one, as of a tenant
   * with objects of a megabyte, is requested in parts.
   */
  pageBytes: 8 * 1024 * 1024,
  /** Attempts at one page: an API server that restarts, or that throttles, must not end an audit of several minutes. */
  attempts: 4,
  /** Before the second attempt; doubles with each. */
  retryMilliseconds: 500,
} as const;

type ListLimits = { readonly [Key in keyof typeof LIST_LIMITS]?: number };

/** Objects of these kinds are read for their metadata alone. */
const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

function pathOf(kind: ServedKind, { namespace }: ListedScope): string {
  const parts = namespace === null ? [kind.resource] : ['namespaces', namespace, kind.resource];
  return [pathOfVersion(kind), ...parts.map(encodeURIComponent)].join('/');
}

function actionOf({ resource }: ServedKind, { namespace }: ListedScope): string {
  return namespace === null
    ? `list ${resource} in all namespaces`
    : `list ${resource} in namespace "${namespace}"`;
}

/** The items of a list do not name their kind. */
function itemsOf(list: JsonObject, { kind, ...served }: ServedKind, action: string): readonly JsonObject[] {
  // The API server writes an empty list of metadata as null.
  const items = property(list, 'items') === null ? [] : property(list, 'items');
  if (!Array.isArray(items))
    throw createKubernetesError(action, 'invalid-response', { state: 'the response has no items' });
  const apiVersion = apiVersionOf(served);
  return items.filter(isObject).map((item) => ({ ...item, apiVersion, kind }));
}

/** Returns where to go on after a list has expired: the API server offers the rest, though from a later state. */
function continuationOf(error: unknown): string {
  const { cause } = isKubernetesError(error, 'expired') ? error : {};
  return isObject(cause) ? metadataText(cause, 'continue') : '';
}

/** Names the right that is missing. */
function withAdvice(error: unknown, { group, resource }: ServedKind, { namespace }: ListedScope): unknown {
  if (!isKubernetesError(error, 'forbidden')) return error;
  const advice = adviseOnFailedRead(error, { verb: 'list', group, resource, namespace });
  return new AppError(error.code, error.message, { advice });
}

/** Finds and lists objects of any kind, for an audit. */
export function createObjects(
  { client }: { readonly client: KubernetesClient },
  options: ListLimits = {},
): ObjectsPort {
  const { pageSize, pageBytes, attempts, retryMilliseconds } = { ...LIST_LIMITS, ...options };

  async function* pages(
    kind: ServedKind,
    scope: ListedScope,
    signal: AbortSignal,
  ): AsyncGenerator<readonly JsonObject[]> {
    const call = {
      action: actionOf(kind, scope),
      path: pathOf(kind, scope),
      ...(scope.isMetadataOnly === true ? { accept: METADATA_LIST } : {}),
    };
    const query: Record<string, string> = {};
    if (scope.selector !== '') query['labelSelector'] = scope.selector;
    if (scope.fields !== undefined) query['fieldSelector'] = scope.fields;
    let [next, limit, failures] = ['', pageSize, 0];
    for (;;) {
      try {
        const position = { limit: String(limit), ...(next === '' ? {} : { continue: next }) };
        const maxBytes = limit > 1 ? { maxBytes: pageBytes } : {};
        const list = await client.request({ ...call, ...maxBytes, query: { ...query, ...position } }, signal);
        yield itemsOf(list, kind, call.action);
        next = nextPage(list, next, call.action);
        if (next === '') return;
        limit = Math.min(pageSize, limit * 2);
        failures = 0;
      } catch (error) {
        failures += 1;
        const rest = continuationOf(error);
        if (failures >= attempts && !isKubernetesError(error, 'too-large'))
          throw withAdvice(error, kind, scope);
        if (rest !== '') next = rest;
        else if (isKubernetesError(error, 'too-large') && limit > 1) limit = Math.ceil(limit / 4);
        else if (isTransient(error))
          await sleep(retryMilliseconds * 2 ** (failures - 1), undefined, { signal });
        else throw withAdvice(error, kind, scope);
      }
    }
  }

  return { findServed: (wanted, signal) => findServedKinds({ client, signal }, wanted), pages };
}
