import { detectWasm } from '../detect/detect-wasm.ts';
import type { UnknownReason, Verdict } from '../detect/verdict.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import type { Staleness } from '../policy/facts.ts';

/** What to look up, and on whose behalf. */
export interface ImageQuestion {
  /** The reference as the Pod writes it. */
  readonly image: string;
  readonly namespace: string;
  /** Names of the Pod's pull secrets, in order. */
  readonly pullSecrets: readonly string[];
  /** Of the nodes; empty where unknown. */
  readonly architectures: readonly string[];
}

export interface KnownImage {
  readonly kind: 'facts';
  readonly facts: ImageFacts;
  /** Null where the registry said so lately. */
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

export type ImageAnswer = KnownImage | ImageFailure;

/** What an answer says of the image by itself, which a Pod's command may change; `reason` says why it is unknown. */
export function summarize(answer: ImageAnswer): {
  readonly kind: Verdict['kind'];
  readonly reason: UnknownReason | null;
} {
  if (answer.kind === 'failure') return { kind: 'unknown', reason: answer.reason };
  if (answer.stale !== null) return { kind: 'unknown', reason: answer.stale.reason };
  const verdict = detectWasm(answer.facts);
  return { kind: verdict.kind, reason: verdict.kind === 'unknown' ? verdict.reason : null };
}
