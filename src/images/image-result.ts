import { detectWasm } from '../detect/detect-wasm.ts';
import { UNKNOWN_REASONS, type UnknownReason, type Verdict } from '../detect/verdict.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import { parseReference } from '../image/reference.ts';
import { AppError, describeError } from '../lib/errors.ts';
import type { Staleness } from '../policy/facts.ts';
import type { RegistryFailure } from './ports.ts';

/** The image to look up, and the Pod's properties that affect the result. */
export interface ImageRequest {
  /** The reference as the Pod writes it. */
  readonly image: string;
  readonly namespace: string;
  /** Names of the Pod's pull secrets, in order. */
  readonly pullSecrets: readonly string[];
  /** Architectures of the nodes; empty if unknown. */
  readonly architectures: readonly string[];
}

export interface KnownImage {
  readonly kind: 'facts';
  readonly facts: ImageFacts;
  /** Null if the registry confirmed the facts recently. */
  readonly stale: Staleness | null;
  /** When this replica first had facts of the image, in milliseconds of the monotonic clock. */
  readonly knownSince: number;
}

export interface ImageFailure {
  readonly kind: 'failure';
  readonly reason: UnknownReason;
  readonly detail: string;
  readonly advice: string | null;
}

export type ImageResult = KnownImage | ImageFailure;

/** Returns what the image is by itself, whatever a Pod's command makes of it, and if it is unknown, why. */
export function summarize(result: ImageResult): {
  readonly kind: Verdict['kind'];
  readonly reason: UnknownReason | null;
} {
  if (result.kind === 'failure') return { kind: 'unknown', reason: result.reason };
  if (result.stale !== null) return { kind: 'unknown', reason: result.stale.reason };
  const verdict = detectWasm(result.facts);
  return { kind: verdict.kind, reason: verdict.kind === 'unknown' ? verdict.reason : null };
}

const REASONS: ReadonlySet<string> = new Set(UNKNOWN_REASONS);

/** Reports whether the registry gave no usable response, which may change at any time. */
export function isOutage(reason: string): boolean {
  return reason === 'unreachable' || reason === 'timeout';
}

/** Returns the host that failed, or the one that the image names. */
export function failedHost(error: unknown, image: string): string {
  const host = error instanceof AppError && 'host' in error ? error.host : null;
  return typeof host === 'string' ? host : parseReference(image).registry;
}

/** Converts the error of a registry or a reference into a failure. @throws the error itself if it is a bug */
export function asFailure(error: unknown): ImageFailure {
  if (error instanceof AppError && (REASONS.has(error.code) || error.code === 'invalid-reference')) {
    const reason = REASONS.has(error.code) ? (error.code as UnknownReason) : 'invalid';
    return { kind: 'failure', reason, detail: describeError(error), advice: error.advice };
  }
  throw error;
}

/** Returns the failure of a text that is no reference. It is not cached, as the text may be of any length. */
export function invalidReference(image: string): ImageFailure | null {
  try {
    parseReference(image);
    return null;
  } catch (error) {
    return asFailure(error);
  }
}

export function timedOut({ image }: ImageRequest): ImageFailure {
  const detail = `Cannot inspect image "${image}": the registry did not respond within the time of this admission`;
  // Applying again does not recreate a Pod that was admitted, and its class cannot be set later.
  const advice =
    'The lookup continues. In a few seconds, delete the Pod if it was admitted, and apply it again.';
  return { kind: 'failure', reason: 'timeout', detail, advice };
}

/** Returns the failure of a lookup whose time ended between two attempts. Its reason is the registry's failure, not the time. */
export function stillTrying(request: ImageRequest, { code, message }: RegistryFailure): ImageFailure {
  return { ...timedOut(request), reason: code, detail: message };
}

const APPLY_LATER = 'Apply again in a few seconds, when those lookups have ended.';

export function tooManyOfNamespace({ image, namespace }: ImageRequest): ImageFailure {
  const detail = `Cannot inspect image "${image}": namespace "${namespace}" has too many other lookups in progress`;
  return { kind: 'failure', reason: 'rate-limited', detail, advice: APPLY_LATER };
}

/** Returns the error for too many lookups of all namespaces together, to be thrown like the registry's own failures. */
export function tooMany({ image }: ImageRequest): AppError<UnknownReason> {
  const message = `Cannot inspect image "${image}": too many other lookups are in progress`;
  return new AppError('rate-limited', message, { advice: APPLY_LATER });
}
