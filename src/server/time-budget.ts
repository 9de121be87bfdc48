import { createDeadline, type Deadline } from '../assess/assessment.ts';
import type { Logger } from '../lib/logger.ts';
import { parseDuration } from '../lib/parse-duration.ts';
import { stripControlCharacters } from '../lib/strip-control-characters.ts';
import { throttledWarn } from '../lib/throttled-warn.ts';

export const TIMEOUTS = {
  /** `timeoutSeconds` of a webhook whose configuration sets none (admissionregistration.k8s.io/v1). */
  defaultMilliseconds: 10_000,
  /** The longest `timeoutSeconds` that the API server accepts. */
  longestMilliseconds: 30_000,
  /** Covers the network and a busy event loop: the API server discards a late answer. */
  marginMilliseconds: 500,
  /** Characters of an invalid timeout in a log line. */
  shownCharacters: 32,
} as const;

/** Parses a timeout into milliseconds; returns null unless it is a duration above zero. */
export function parseTimeout(text: string): number | null {
  const milliseconds = parseDuration(text) ?? 0;
  return milliseconds > 0 ? milliseconds : null;
}

/** Returns the part of a timeout that an admission may spend: all but the margin, and at least half. */
export function spendable(timeoutMilliseconds: number): number {
  const timeout = Math.min(timeoutMilliseconds, TIMEOUTS.longestMilliseconds);
  return Math.max(timeout - TIMEOUTS.marginMilliseconds, timeout / 2);
}

const DEFAULT_BUDGET = spendable(TIMEOUTS.defaultMilliseconds);

/** Returns a reader of `?timeout=`, which is the same in all requests for a webhook and so is parsed once. */
export function createDeadlineReader(logger: Pick<Logger, 'warn'>): (query: unknown) => Deadline {
  let last: { readonly text: string; readonly budget: number } | null = null;
  const warnOfTimeout = throttledWarn(logger, 'timeout is not a duration; 10s applies');
  return (query) => {
    const text = (query as Readonly<Record<string, unknown>>)['timeout'];
    if (text === undefined) return createDeadline(DEFAULT_BUDGET);
    if (text === last?.text) return createDeadline(last.budget);
    const timeout = typeof text === 'string' ? parseTimeout(text) : null;
    if (timeout === null) {
      const shown = JSON.stringify(text).slice(0, TIMEOUTS.shownCharacters);
      warnOfTimeout({ timeout: stripControlCharacters(shown) });
      return createDeadline(DEFAULT_BUDGET);
    }
    last = { text: text as string, budget: spendable(timeout) };
    return createDeadline(last.budget);
  };
}

interface CutDeadline extends Deadline {
  /** Ends the time that is left. */
  readonly cut: () => void;
}

/** Creates a deadline that can be cut short. It creates its signal on first use. */
export function createCutDeadline(deadline: Deadline): CutDeadline {
  let cutting: AbortController | undefined;
  let signal: AbortSignal | undefined;
  return {
    signal: () => {
      cutting ??= new AbortController();
      signal ??= AbortSignal.any([deadline.signal(), cutting.signal]);
      return signal;
    },
    cut: () => {
      cutting ??= new AbortController();
      cutting.abort(new DOMException('There is no memory to wait', 'TimeoutError'));
    },
  };
}
