import { UNKNOWN_REASONS, type UnknownReason } from '../detect/verdict.ts';
import { parseReference } from '../image/reference.ts';
import { AppError, describeError } from '../lib/errors.ts';
import type { ImageFailure, ImageQuestion } from './image-answer.ts';
import type { RegistryFailure } from './ports.ts';

const REASONS: ReadonlySet<string> = new Set(UNKNOWN_REASONS);

/** Faults of the way there: what was known before is still the best answer. */
const PASSING: ReadonlySet<UnknownReason> = new Set(['unreachable', 'timeout', 'tls', 'rate-limited']);

export function isPassing({ reason }: ImageFailure): boolean {
  return PASSING.has(reason);
}

/** Nothing usable answered, which may be over at any time. */
export function isOutage({ reason }: Pick<ImageFailure, 'reason'>): boolean {
  return reason === 'unreachable' || reason === 'timeout';
}

/** The host that failed, or that the image names. */
export function hostOf(error: unknown, image: string): string {
  const host = error instanceof AppError && 'host' in error ? error.host : null;
  return typeof host === 'string' ? host : parseReference(image).registry;
}

/** Why an image could not be known; a fault of our own is thrown again. */
export function asFailure(error: unknown): ImageFailure {
  if (error instanceof AppError && (REASONS.has(error.code) || error.code === 'invalid-reference')) {
    const reason = REASONS.has(error.code) ? (error.code as UnknownReason) : 'invalid';
    return { kind: 'failure', reason, detail: describeError(error), advice: error.advice };
  }
  throw error;
}

/** What is no reference at all: not worth remembering, since it costs nothing to tell again, and may be of any length. */
export function unreadable(image: string): ImageFailure | null {
  try {
    parseReference(image);
    return null;
  } catch (error) {
    return asFailure(error);
  }
}

export function timedOut({ image }: ImageQuestion): ImageFailure {
  const detail = `Cannot inspect image "${image}": the registry did not answer within this admission's time`;
  // Applied again, a Pod that was admitted is not made again, and its class cannot be set later.
  const advice = 'The look-up goes on: in a few seconds delete the Pod if it was admitted, and apply again.';
  return { kind: 'failure', reason: 'timeout', detail, advice };
}

/** The budget ended between two tries: what the registry did counts, not that time was over. */
export function stillTrying(question: ImageQuestion, { code, message }: RegistryFailure): ImageFailure {
  return { ...timedOut(question), reason: code, detail: message };
}

const LATER = 'Apply again in a few seconds, when they are known.';

export function tooManyOfNamespace({ image, namespace }: ImageQuestion): ImageFailure {
  const detail = `Cannot inspect image "${image}": namespace ${namespace} has too many other images being looked up`;
  return { kind: 'failure', reason: 'rate-limited', detail, advice: LATER };
}

/** Thrown, as the registry's own failures are: in all namespaces together. */
export function tooMany({ image }: ImageQuestion): AppError<UnknownReason> {
  const message = `Cannot inspect image "${image}": too many other images are being looked up`;
  return new AppError('rate-limited', message, { advice: LATER });
}
