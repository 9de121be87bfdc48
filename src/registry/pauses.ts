import { LRUCache } from 'lru-cache';
import type { Credential } from '../credentials/credential.ts';
import type { Limits } from './defaults.ts';
import { RegistryError, type ImageSubject } from './errors.ts';
import { identityOf } from './logins.ts';

type Credentials = readonly Credential[];

/**
 * Registries that asked to be left alone: later calls answer at once instead of making the limit worse. Registries count by
 * account (Docker Hub, GHCR), and lock out one that fails to log in: who used up a limit pauses those who ask with the same
 * credentials, and no other namespace.
 */
export interface Pauses {
  /** @throws RegistryError `rate-limited` while the registry is left alone */
  readonly check: (subject: ImageSubject, credentials: Credentials) => void;
  /** Takes note where the error is a 429 that was not healed by waiting. */
  readonly note: (error: unknown, credentials: Credentials) => void;
}

function keyOf({ registry }: Pick<ImageSubject, 'registry'>, credentials: Credentials): string {
  return [registry, ...credentials.map(identityOf)].join(' ');
}

export function createPauses(
  deps: { readonly now: () => number },
  limits: Pick<Limits, 'pauseMs' | 'longestPauseMs' | 'pauses'>,
): Pauses {
  const until = new LRUCache<string, number>({ max: limits.pauses });
  return {
    check: (subject, credentials) => {
      const left = (until.get(keyOf(subject, credentials)) ?? 0) - deps.now();
      if (left <= 0) return;
      throw new RegistryError('rate-limited', subject, {
        state: `${subject.registry} limits requests and is left alone for another ${Math.ceil(left / 1000)} s`,
        status: 429,
      });
    },
    note: (error, credentials) => {
      if (!(error instanceof RegistryError) || error.status !== 429) return;
      const asked = Math.min(error.retryAfterMs ?? limits.pauseMs, limits.longestPauseMs);
      const key = keyOf(error, credentials);
      until.set(key, Math.max(until.get(key) ?? 0, deps.now() + asked));
    },
  };
}
