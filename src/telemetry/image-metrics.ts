import type { Verdict, UnknownReason } from '../detect/verdict.ts';
import type { Metrics } from './metrics.ts';

/** Bounds in seconds. Two requests take 40 ms nearby and 600 ms far away; a lookup ends after 30 s (images/settings.ts). */
const LOOKUP_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

const KINDS = [
  'wasm',
  'container',
  'not-a-workload',
  'unknown',
] as const satisfies readonly Verdict['kind'][];
const NONE = 'none';
const KNOWN_KINDS = KINDS.filter((kind) => kind !== 'unknown');

/** Statuses with different fixes: a login, a permission, another name, fewer requests. */
const SINGLE_STATUSES = ['401', '403', '404', '429'] as const;
const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

const STATUSES = [...STATUS_CLASSES, ...SINGLE_STATUSES] as const;

type StatusLabel = (typeof STATUSES)[number] | typeof NONE;

function statusLabel(status: number | null): StatusLabel {
  const single = SINGLE_STATUSES.find((known) => known === String(status));
  return single ?? STATUS_CLASSES[Math.floor((status ?? 0) / 100) - 1] ?? NONE;
}

/** The result of a lookup; `reason` says why an image is unknown. */
interface LookupResult {
  readonly kind: Verdict['kind'];
  readonly reason: UnknownReason | null;
}

interface CacheSize {
  readonly entries: number;
  readonly bytes: number;
}

/** Counts lookups and cache requests, and reads the size of the cache. */
export function addImageMetrics(
  metrics: Metrics,
  reasons: readonly UnknownReason[],
  readSize: () => CacheSize,
) {
  const lookups = metrics.counter({
    name: 'wasmgate_image_lookups_total',
    help: 'Lookups of images at registries, by what the image is and why it is unknown.',
    labels: { kind: KINDS, reason: [NONE, ...reasons] },
    isSparse: true,
  });
  for (const kind of KNOWN_KINDS) lookups.of({ kind, reason: NONE });
  for (const reason of reasons) lookups.of({ kind: 'unknown', reason });
  const durations = metrics
    .histogram({
      name: 'wasmgate_image_lookup_duration_seconds',
      help: 'Duration of image lookups at registries, including failed ones.',
      buckets: LOOKUP_BUCKETS,
    })
    .of({});
  const requests = metrics.counter({
    name: 'wasmgate_image_cache_requests_total',
    help: 'Requests for image facts by source: memory (hit), the registry (miss), or expired memory (stale).',
    labels: { result: ['hit', 'miss', 'stale'] },
  });
  metrics.reading({
    name: 'wasmgate_image_cache_entries',
    help: 'Images in the cache.',
    type: 'gauge',
    read: () => [[{}, readSize().entries]],
  });
  metrics.reading({
    name: 'wasmgate_image_cache_bytes',
    help: 'Estimated memory of the cached images.',
    type: 'gauge',
    read: () => [[{}, readSize().bytes]],
  });
  const warmed = metrics.counter({
    name: 'wasmgate_images_warmed_total',
    help: 'Images that this replica knew or looked up before it was ready, by source: what replicas had stored, or a registry; failed lookups apart.',
    labels: { source: ['stored', 'registry', 'failed'] },
  });
  return {
    warmed: (source: 'stored' | 'registry' | 'failed', count: number): void =>
      warmed.of({ source }).inc(count),
    lookup: ({ kind, reason }: LookupResult, milliseconds: number): void => {
      lookups.of({ kind, reason: reason ?? NONE }).inc();
      durations.observe(milliseconds / 1000);
    },
    cacheRequest: (result: 'hit' | 'miss' | 'stale'): void => requests.of({ result }).inc(),
  };
}

/** Labels of requests to registries. */
export interface RegistryLabels {
  readonly reasons: readonly UnknownReason[];
  readonly pauseReasons: readonly string[];
}

/** Counts requests to registries. No label names a registry or host: Pods name them, in any number. */
export function addRegistryMetrics<const Known extends RegistryLabels>(
  metrics: Metrics,
  { reasons, pauseReasons }: Known,
) {
  const requests = metrics.counter({
    name: 'wasmgate_registry_requests_total',
    help: 'Requests to registries and their token servers, by status and, if there was no response, reason.',
    labels: { status: [...STATUSES, NONE], reason: [NONE, ...reasons] },
    isSparse: true,
  });
  for (const status of STATUSES) requests.of({ status, reason: NONE });
  for (const reason of reasons) requests.of({ status: NONE, reason });
  const bytes = metrics
    .counter({
      name: 'wasmgate_registry_received_bytes_total',
      help: 'Bytes of response bodies received from registries.',
    })
    .of({});
  const pauses = metrics.counter({
    name: 'wasmgate_registry_pauses_total',
    help: 'Pauses that began or were extended, by what is paused: an account at a registry that limits requests (rate-limited), one repository for one namespace (repository), a registry or mirror for all (unreachable).',
    labels: { reason: pauseReasons },
  });
  return {
    request: (status: number | null, reason: UnknownReason | null, received: number): void => {
      requests.of({ status: statusLabel(status), reason: reason ?? NONE }).inc();
      bytes.inc(received);
    },
    pause: (reason: Known['pauseReasons'][number]): void => pauses.of({ reason }).inc(),
  };
}
