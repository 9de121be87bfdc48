import { LRUCache } from 'lru-cache';
import type { KeychainLimits } from './defaults.ts';

/** Answers that are asked for once by all who want them at the same time, and kept for a while. Failures are not kept. */
export interface SharedAnswers<Answer> {
  readonly get: (key: string, ask: () => Promise<Answer>) => Promise<Answer>;
}

export function createSharedAnswers<Answer>(
  limits: Pick<KeychainLimits, 'answers' | 'answersBytes' | 'ttlMilliseconds'>,
  weigh: (answer: Answer) => number,
): SharedAnswers<Answer> {
  const cache = new LRUCache<string, Promise<Answer>>({
    max: limits.answers,
    maxSize: limits.answersBytes,
    ttl: limits.ttlMilliseconds,
  });
  return {
    get: (key, ask) => {
      const known = cache.get(key);
      if (known !== undefined) return known;
      const asking = ask();
      cache.set(key, asking, { size: key.length });
      const isCurrent = (): boolean => cache.peek(key) === asking;
      const keep = (answer: Answer): void => {
        const size = key.length + weigh(answer);
        if (isCurrent()) cache.set(key, asking, { size, noUpdateTTL: true });
      };
      const drop = (): void => {
        if (isCurrent()) cache.delete(key);
      };
      asking.then(keep, drop);
      return asking;
    },
  };
}
