import { detectWasm } from '../detect/detect-wasm.ts';
import { UNKNOWN_REASONS, type UnknownReason, type Verdict } from '../detect/verdict.ts';
import type { ImageAnswer } from '../images/image-answer.ts';
import type { ImageCatalog } from '../images/image-catalog.ts';
import { PAUSE_REASONS } from '../registry/circuit-breaker.ts';
import type { RegistryClientOptions } from '../registry/client.ts';
import type { Metrics } from '../telemetry/metrics.ts';

const DEFAULTS = {
  /** Seconds. Two requests of some 20 ms each nearby, some 300 ms far away; 30 s end a look-up (images/image-catalog.ts). */
  lookUpBounds: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
} as const;

const KINDS = [
  'wasm',
  'container',
  'not-a-workload',
  'unknown',
] as const satisfies readonly Verdict['kind'][];
const NO_REASON = 'none';
const REASONS = [NO_REASON, ...UNKNOWN_REASONS] as const;
/** Those by themselves that want something else of the operator each: a login, a right, a name, patience. */
const TOLD_STATUSES = ['401', '403', '404', '429'] as const;
const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;
const STATUSES = [...STATUS_CLASSES, ...TOLD_STATUSES, 'none'] as const;

function tellStatus(status: number | null): (typeof STATUSES)[number] {
  const told = TOLD_STATUSES.find((one) => one === String(status));
  return told ?? STATUS_CLASSES[Math.floor((status ?? 0) / 100) - 1] ?? 'none';
}

type Told = Readonly<{ kind: Verdict['kind']; reason: UnknownReason | typeof NO_REASON }>;

/** By the image alone: a Pod's command may make another thing of it. */
function tell(answer: ImageAnswer): Told {
  if (answer.kind === 'failure') return { kind: 'unknown', reason: answer.reason };
  if (answer.stale !== null) return { kind: 'unknown', reason: answer.stale.reason };
  const verdict = detectWasm(answer.facts);
  return { kind: verdict.kind, reason: verdict.kind === 'unknown' ? verdict.reason : NO_REASON };
}

function isStale(answer: ImageAnswer): boolean {
  return answer.kind === 'facts' && answer.stale !== null;
}

/** Counts each look-up at a registry when it has ended. */
function meterLookUps(metrics: Metrics): (answer: ImageAnswer, milliseconds: number) => void {
  const lookUps = metrics.counter({
    name: 'wasmgate_image_lookups_total',
    help: 'Look-ups of images at registries by what the image is, and why it could not be known.',
    labels: { kind: KINDS, reason: REASONS },
    isSparse: true,
  });
  const durations = metrics
    .histogram({
      name: 'wasmgate_image_lookup_duration_seconds',
      help: 'Time that a look-up of an image at its registry took, failed ones among them.',
      bounds: DEFAULTS.lookUpBounds,
    })
    .of({});
  return (answer, milliseconds) => {
    lookUps.of(tell(answer)).add();
    durations.observe(milliseconds / 1000);
  };
}

/** Counts the catalog's answers. */
function meterAnswers(metrics: Metrics): (answer: ImageAnswer, from: 'memory' | 'registry') => void {
  const answers = metrics.counter({
    name: 'wasmgate_image_cache_requests_total',
    help: 'Questions about images by where the answer came from: memory (hit), the registry (miss), or memory after its time (stale).',
    labels: { result: ['hit', 'miss', 'stale'] },
  });
  const hit = answers.of({ result: 'hit' });
  const miss = answers.of({ result: 'miss' });
  const stale = answers.of({ result: 'stale' });
  return (answer, from) => {
    const fresh = from === 'memory' ? hit : miss;
    (isStale(answer) ? stale : fresh).add();
  };
}

/** How much is remembered, read when metrics are. */
function addSize(metrics: Metrics, size: ImageCatalog['size']): void {
  metrics.readings({
    name: 'wasmgate_image_cache_entries',
    help: 'Images that are remembered.',
    type: 'gauge',
    read: () => [[{}, size().entries]],
  });
  metrics.readings({
    name: 'wasmgate_image_cache_bytes',
    help: 'Memory that remembered images are reckoned to take.',
    type: 'gauge',
    read: () => [[{}, size().bytes]],
  });
}

export function meterImages(metrics: Metrics) {
  let measured: ImageCatalog | undefined;
  const onLookUp = meterLookUps(metrics);
  const onAnswer = meterAnswers(metrics);
  addSize(metrics, () => measured?.size() ?? { entries: 0, bytes: 0 });
  return {
    onLookUp,
    onAnswer,
    /** Reads the size of the catalog, of which a process has one. */
    measure: (catalog: ImageCatalog): void => void (measured = catalog),
  };
}

/** Neither registries nor hosts are told apart: Pods name them, and there is no end of names. */
export function meterRegistry(
  metrics: Metrics,
): Required<Pick<RegistryClientOptions, 'onRequest' | 'onPause'>> {
  const requests = metrics.counter({
    name: 'wasmgate_registry_requests_total',
    help: 'Requests to registries and their token servers by status, and why there was no answer.',
    labels: { status: STATUSES, reason: REASONS },
    isSparse: true,
  });
  const bytes = metrics
    .counter({
      name: 'wasmgate_registry_received_bytes_total',
      help: 'Bytes of bodies that registries sent.',
    })
    .of({});
  const pauses = metrics.counter({
    name: 'wasmgate_registry_pauses_total',
    help: 'Pauses that began or became longer, by what is paused: an account at a registry that limits requests (rate-limited), one repository for one namespace (repository), a registry or mirror for everybody (unreachable).',
    labels: { reason: PAUSE_REASONS },
  });
  return {
    onRequest: (event) => {
      requests.of({ status: tellStatus(event.status), reason: event.reason ?? NO_REASON }).add();
      bytes.add(event.bytes);
    },
    onPause: (reason) => pauses.of({ reason }).add(),
  };
}
