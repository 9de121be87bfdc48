import { parseDuration } from '../lib/parse-duration.ts';

export const DEFAULTS = {
  /** `timeoutSeconds` of a webhook where the configuration says nothing (admissionregistration.k8s.io/v1). */
  timeoutMilliseconds: 10_000,
  /** The most that `timeoutSeconds` may be. */
  longestMilliseconds: 30_000,
  /** For the way there and back and for a busy event loop: a late answer is thrown away, so we answer before. */
  marginMilliseconds: 500,
} as const;

/** Milliseconds, or null for what is no duration, or none above zero. */
export function parseTimeout(text: string): number | null {
  const milliseconds = parseDuration(text) ?? 0;
  return milliseconds > 0 ? milliseconds : null;
}

/** What may be spent of a time-out: all but the margin, and never less than half of it. */
export function spendable(timeoutMilliseconds: number): number {
  const timeout = Math.min(timeoutMilliseconds, DEFAULTS.longestMilliseconds);
  return Math.max(timeout - DEFAULTS.marginMilliseconds, timeout / 2);
}
