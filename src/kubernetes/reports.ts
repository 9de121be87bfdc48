import { setTimeout as sleep } from 'node:timers/promises';
import type { ReportKey, ReportStorePort, ServedKind } from '../audit/ports.ts';
import { isObject, property, type JsonObject } from '../lib/json.ts';
import { metadataText } from '../pod/object-metadata.ts';
import { backoff, isTransient, type BackoffOptions } from './backoff.ts';
import type { KubernetesClient } from './client.ts';
import { isKubernetesError, readOrNull } from './kubernetes-error.ts';
import { createObjects } from './list-objects.ts';
import type { KubernetesCall } from './send.ts';

const REPORT_WRITES = {
  /** A report may be as large as etcd takes. */
  pageSize: 20,
  /** Between two writes of any report: 50 a second, which is what client-go's busiest controllers allow themselves. */
  spacingMilliseconds: 20,
  /** Some 15 s in all, enough to replace an API server. */
  attempts: 5,
  retry: { firstMilliseconds: 500, maxMilliseconds: 8_000 } satisfies BackoffOptions,
} as const;

interface ReportsOptions {
  readonly spacingMilliseconds?: number;
  readonly attempts?: number;
  readonly retry?: BackoffOptions;
}

function collectionPath({ group, version, resource }: ServedKind, namespace: string | null): string {
  const within = namespace === null ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/apis/${group}/${version}${within}/${resource}`;
}

function objectPath(kind: ServedKind, { namespace, name }: ReportKey): string {
  return `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;
}

function keyOf(report: JsonObject): ReportKey {
  return { namespace: metadataText(report, 'namespace'), name: metadataText(report, 'name') };
}

function describe({ kind }: ServedKind, { namespace, name }: ReportKey): string {
  return `${kind} "${namespace}/${name}"`;
}

/** Reports whether a namespace takes no new objects, which the API server says in words only. */
function isTerminating(error: unknown): boolean {
  return isKubernetesError(error, 'forbidden') && error.message.includes('because it is being terminated');
}

/** Returns a function that waits until its turn: the turns are so many milliseconds apart. */
function createPace(milliseconds: number): (signal: AbortSignal) => Promise<void> {
  let next = 0;
  return async (signal) => {
    const now = performance.now();
    const turn = Math.max(now, next);
    next = turn + milliseconds;
    if (turn > now) await sleep(turn - now, undefined, { signal });
  };
}

/** Reads and writes the reports of Kubernetes' policy tools. */
export function createReportStore(
  { client }: { readonly client: KubernetesClient },
  options: ReportsOptions = {},
): ReportStorePort {
  const { pageSize, spacingMilliseconds, attempts, retry } = { ...REPORT_WRITES, ...options };
  const pace = createPace(spacingMilliseconds);

  /** Retries while the API server is in trouble. */
  async function request(call: KubernetesCall, signal: AbortSignal): Promise<JsonObject> {
    for (let failures = 1; ; failures += 1) {
      try {
        return await client.request(call, signal);
      } catch (error) {
        if (failures >= attempts || !isTransient(error)) throw error;
        await sleep(backoff(failures - 1, Math.random(), retry), undefined, { signal });
      }
    }
  }

  return {
    isServed: async ({ group, version, resource }, signal) => {
      const path = `/apis/${group}/${version}`;
      const call = { action: `find out whether ${group}/${version} is served`, path };
      const served = await readOrNull(() => request(call, signal));
      const resources = served === null ? [] : property(served, 'resources');
      return (
        Array.isArray(resources) &&
        resources.some((one) => isObject(one) && property(one, 'name') === resource)
      );
    },
    pages: createObjects({ client }, { pageSize }).pages,
    read: (kind, key, signal) => {
      const call = { action: `read ${describe(kind, key)}`, path: objectPath(kind, key) };
      return readOrNull(() => request(call, signal));
    },
    write: async (kind, report, signal) => {
      const key = keyOf(report);
      const isNew = metadataText(report, 'resourceVersion') === '';
      const path = isNew ? collectionPath(kind, key.namespace) : objectPath(kind, key);
      const method = isNew ? 'POST' : 'PUT';
      await pace(signal);
      try {
        await request({ action: `write ${describe(kind, key)}`, path, method, body: report }, signal);
        return 'written';
      } catch (error) {
        if (isKubernetesError(error, 'conflict', 'already-exists')) return 'changed';
        if (isTerminating(error)) return 'gone';
        if (isKubernetesError(error, 'not-found')) return isNew ? 'gone' : 'changed';
        throw error;
      }
    },
    remove: async (kind, report, signal) => {
      const key = keyOf(report);
      const preconditions = {
        uid: metadataText(report, 'uid'),
        resourceVersion: metadataText(report, 'resourceVersion'),
      };
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions };
      const call = { action: `delete ${describe(kind, key)}`, path: objectPath(kind, key), body } as const;
      await pace(signal);
      try {
        await request({ ...call, method: 'DELETE' }, signal);
        return true;
      } catch (error) {
        if (isKubernetesError(error, 'conflict', 'not-found')) return false;
        throw error;
      }
    },
  };
}
