import { LRUCache } from 'lru-cache';
import type { Limits } from './defaults.ts';
import { RegistryError, type ImageSubject } from './errors.ts';

/** Registries that asked to be left alone: later calls answer at once instead of making the limit worse. */
export interface Pauses {
  /** @throws RegistryError `rate-limited` while the registry is left alone */
  readonly check: (subject: ImageSubject) => void;
  /** Takes note where the error is a 429 that was not healed by waiting. */
  readonly note: (error: unknown) => void;
}

export function createPauses(
  deps: { readonly now: () => number },
  limits: Pick<Limits, 'pauseMs' | 'longestPauseMs' | 'pauses'>,
): Pauses {
  const until = new LRUCache<string, number>({ max: limits.pauses });
  return {
    check: (subject) => {
      const left = (until.get(subject.registry) ?? 0) - deps.now();
      if (left <= 0) return;
      throw new RegistryError('rate-limited', subject, {
        state: `${subject.registry} limits requests and is left alone for another ${Math.ceil(left / 1000)} s`,
        status: 429,
      });
    },
    note: (error) => {
      if (!(error instanceof RegistryError) || error.status !== 429) return;
      const asked = Math.min(error.retryAfterMs ?? limits.pauseMs, limits.longestPauseMs);
      const end = Math.max(until.get(error.registry) ?? 0, deps.now() + asked);
      until.set(error.registry, end);
    },
  };
}
