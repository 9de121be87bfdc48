import { LRUCache } from 'lru-cache';
import type { Credential } from '../credentials/credential.ts';
import type { Limits } from './defaults.ts';
import { RegistryError, type ImageSubject } from './errors.ts';
import { identityOf } from './login/logins.ts';

type Credentials = readonly Credential[];
type Asked = Pick<ImageSubject, 'registry'>;

/**
 * Registries that are left alone: later calls answer at once instead of making it worse. Two reasons, kept apart:
 *
 * - they limit requests. They count by account (Docker Hub, GHCR), and lock out one that fails to log in: who used up a
 *   limit pauses those who ask with the same credentials, and no other namespace.
 * - nobody is there, which is so for everybody.
 *
 * Each pause is longer than the one before, until something succeeds.
 */
export interface Pauses {
  /** @throws RegistryError as the registry last failed, while it is left alone */
  readonly check: (subject: ImageSubject, credentials: Credentials) => void;
  /** Takes note of what was not healed by trying again; an answer that is none to this question is one all the same. */
  readonly note: (error: unknown, credentials: Credentials) => void;
  /** The registry answered. */
  readonly clear: (subject: Asked, credentials: Credentials) => void;
}

interface PausesDeps {
  readonly now: () => number;
  /** In [0, 1): pauses are spread over half to all of their length, so that replicas do not come back in step. */
  readonly random: () => number;
  /** Told when a registry begins to be left alone, or for longer. */
  readonly onPause?: ((why: PauseReason) => void) | undefined;
}

/** The registry limits requests, or nobody is there. */
export const PAUSE_REASONS = ['rate-limited', 'unreachable'] as const;
export type PauseReason = (typeof PAUSE_REASONS)[number];

type PauseLimits = Pick<Limits, 'pauseMs' | 'longestPauseMs' | 'pauses' | 'failuresBeforePause'>;

interface Trouble {
  /** In a row. */
  readonly failures: number;
  readonly until: number;
}

/** Statuses by which gateways say that there is no registry behind them; a 500 may be about one repository only. */
const AWAY: ReadonlySet<number> = new Set([502, 503, 504]);

function accountKey({ registry }: Asked, credentials: Credentials): string {
  return [registry, ...credentials.map(identityOf)].join(' ');
}

function hostKey({ registry }: Asked): string {
  return `host ${registry}`;
}

function isAway({ code, status }: RegistryError): boolean {
  if (status !== null) return AWAY.has(status);
  return code === 'unreachable' || code === 'timeout';
}

export function createPauses({ now, random, onPause }: PausesDeps, limits: PauseLimits): Pauses {
  const troubles = new LRUCache<string, Trouble>({ max: limits.pauses });

  function pause(key: string, freeFailures: number, asked: number | null): boolean {
    const known = troubles.get(key);
    const failures = (known?.failures ?? 0) + 1;
    const own = limits.pauseMs * 2 ** (failures - 1 - freeFailures) * (0.5 + random() / 2);
    const wait = failures <= freeFailures ? 0 : Math.min(asked ?? own, limits.longestPauseMs);
    troubles.set(key, { failures, until: Math.max(known?.until ?? 0, now() + wait) });
    return wait > 0;
  }

  function secondsLeft(key: string): number {
    return Math.ceil(((troubles.get(key)?.until ?? 0) - now()) / 1000);
  }

  return {
    check: (subject, credentials) => {
      const limited = secondsLeft(accountKey(subject, credentials));
      if (limited > 0) {
        throw new RegistryError('rate-limited', subject, {
          state: `${subject.registry} limits requests and is left alone for another ${limited} s`,
          status: 429,
        });
      }
      const away = secondsLeft(hostKey(subject));
      if (away <= 0) return;
      throw new RegistryError('unreachable', subject, {
        state: `${subject.registry} failed several times in a row and is left alone for another ${away} s`,
      });
    },
    note: (error, credentials) => {
      if (!(error instanceof RegistryError)) return;
      if (error.status === 429) {
        if (pause(accountKey(error, credentials), 0, error.retryAfterMs)) onPause?.('rate-limited');
      } else if (isAway(error)) {
        if (pause(hostKey(error), limits.failuresBeforePause, error.retryAfterMs)) onPause?.('unreachable');
      } else if (error.status !== null) troubles.delete(hostKey(error));
    },
    clear: (subject, credentials) => {
      troubles.delete(accountKey(subject, credentials));
      troubles.delete(hostKey(subject));
    },
  };
}
