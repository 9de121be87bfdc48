/** A number of Go's `time.Duration` text with its unit: `10s`, `1m30s`, `1.5s`, `500ms`; what the API server writes. */
const PART = /(\d+(?:\.\d+)?)(ms|s|m)/gy;

const UNIT_MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

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
  let total = 0;
  let end = 0;
  for (const part of text.matchAll(PART)) {
    total += Number(part[1]) * (UNIT_MILLISECONDS[part[2] ?? ''] ?? 0);
    end = part.index + part[0].length;
  }
  return end > 0 && end === text.length && total > 0 ? total : null;
}

/** What may be spent of a time-out: all but the margin, and never less than half of it. */
export function spendable(timeoutMilliseconds: number): number {
  const timeout = Math.min(timeoutMilliseconds, DEFAULTS.longestMilliseconds);
  return Math.max(timeout - DEFAULTS.marginMilliseconds, timeout / 2);
}
