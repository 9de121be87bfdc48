import { LRUCache } from 'lru-cache';
import type { KeychainLimits } from './defaults.ts';

/** Answers that are asked for once by all who want them at the same time, and kept for a while. Failures are not kept. */
export interface SharedAnswers<Answer> {
  readonly get: (key: string, ask: () => Promise<Answer>) => Promise<Answer>;
}

export function createSharedAnswers<Answer>(
  limits: Pick<KeychainLimits, 'answers' | 'ttlMilliseconds'>,
): SharedAnswers<Answer> {
  const cache = new LRUCache<string, Promise<Answer>>({ max: limits.answers, ttl: limits.ttlMilliseconds });
  return {
    get: (key, ask) => {
      const known = cache.get(key);
      if (known !== undefined) return known;
      const asking = ask();
      cache.set(key, asking);
      asking.catch(() => {
        if (cache.peek(key) === asking) cache.delete(key);
      });
      return asking;
    },
  };
}
