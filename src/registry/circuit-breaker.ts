import { LRUCache } from 'lru-cache';
import type { Credential } from '../credentials/credential.ts';
import type { Endpoint } from './endpoints.ts';
import { RegistryError, type ImageSubject } from './errors.ts';
import type { HostHealth } from './host-health.ts';
import type { RegistryLimits } from './limits.ts';
import { hashKey, identityOf } from './login/login-cache.ts';

/** One question to one endpoint. */
export interface Call {
  readonly endpoint: Endpoint;
  /** With the repository as the endpoint names it. */
  readonly subject: ImageSubject;
  /** The namespace on whose behalf it is asked. */
  readonly tenant: string;
  /** Those that match. */
  readonly credentials: readonly Credential[];
}

/**
 * Answers at once instead of asking what fails. Three reasons, kept apart so that no tenant pauses more than its own:
 *
 * - a registry limits requests. It counts by account (Docker Hub, GHCR) and locks out one that fails to log in, so this
 *   pauses whoever asks with the same credentials.
 * - a repository fails. Its owner may be a tenant, so this pauses the repository for the namespace that met the failure.
 * - the endpoint is down. Only wasmgate's own probe decides that, for everybody.
 */
export interface CircuitBreaker {
  /** @throws RegistryError as the call last failed, while it is paused */
  readonly check: (call: Call) => void;
  /** Records what retries did not mend. A refusal is an answer all the same. */
  readonly failed: (call: Call, error: unknown) => void;
  /** Records that the caller gave up while it waited: no failure, but a reason to probe. */
  readonly abandoned: (call: Call) => void;
  readonly succeeded: (call: Call) => void;
}

interface CircuitBreakerDeps extends BackOffDeps {
  readonly health: HostHealth;
  /** Reports that a pause began, or became longer. */
  readonly onPause: (why: PauseReason) => void;
}

/** `rate-limited`: an account; `repository`: one repository for one namespace; `unreachable`: an endpoint for everybody. */
export const PAUSE_REASONS = ['rate-limited', 'repository', 'unreachable'] as const;
export type PauseReason = (typeof PAUSE_REASONS)[number];

/** Statuses by which gateways say that nothing answers behind them. */
const GATEWAY_FAILURES: ReadonlySet<number> = new Set([502, 503, 504]);
const FIRST_SERVER_ERROR = 500;

function accountKey({ subject, credentials }: Call): string {
  return hashKey([subject.registry, ...credentials.map(identityOf)]);
}

function repositoryKey({ endpoint, subject, tenant }: Call): string {
  return hashKey([endpoint.base.href, subject.repository, tenant]);
}

function isUnanswered({ code, status }: RegistryError): boolean {
  if (status !== null) return GATEWAY_FAILURES.has(status);
  return code === 'unreachable' || code === 'timeout';
}

/** Where a token server or a redirect's target failed, the endpoint itself had answered. */
function isAnswer({ isElsewhere, status }: RegistryError): boolean {
  return isElsewhere || (status !== null && status < FIRST_SERVER_ERROR);
}

function inSeconds(milliseconds: number): string {
  return `${Math.ceil(milliseconds / 1000)} s`;
}

export function createCircuitBreaker(
  { health, onPause, ...deps }: CircuitBreakerDeps,
  limits: RegistryLimits,
): CircuitBreaker {
  const bounds = { firstMs: limits.pauseMs, entries: limits.pauses, bytes: limits.pausesBytes };
  const accounts = createBackOff(deps, { ...bounds, longestMs: limits.longestPauseMs });
  const repositories = createBackOff(deps, { ...bounds, longestMs: limits.longestRepositoryPauseMs });

  function checkHost({ endpoint, subject }: Call): void {
    const outage = health.outageOf(endpoint);
    if (outage === null || health.allowTrial(endpoint)) return;
    throw new RegistryError('unreachable', subject, {
      state: `${outage}; requests to it are suspended until it answers a probe, sent every second`,
      host: endpoint.base.host,
    });
  }

  function checkAccount(call: Call): void {
    const pause = accounts.pauseOf(accountKey(call));
    if (pause === null) return;
    throw new RegistryError('rate-limited', call.subject, {
      state: `${call.subject.registry} limits requests; wasmgate asks again in ${inSeconds(pause.milliseconds)}`,
      status: 429,
      host: call.endpoint.base.host,
    });
  }

  function checkRepository(call: Call): void {
    const pause = repositories.pauseOf(repositoryKey(call));
    if (pause === null) return;
    throw new RegistryError('unreachable', call.subject, {
      state: `${pause.state}; wasmgate asks again in ${inSeconds(pause.milliseconds)}`,
      host: call.endpoint.base.host,
    });
  }

  return {
    check: (call) => {
      checkAccount(call);
      checkHost(call);
      checkRepository(call);
    },
    failed: (call, error) => {
      if (!(error instanceof RegistryError)) return;
      const { endpoint, tenant } = call;
      if (error.status === 429) {
        accounts.extend(accountKey(call), error);
        onPause('rate-limited');
      }
      if (isAnswer(error)) {
        health.answered(endpoint);
        if (!error.isElsewhere) repositories.end(repositoryKey(call));
      } else if (isUnanswered(error)) {
        repositories.extend(repositoryKey(call), error);
        onPause('repository');
        health.suspect(endpoint, tenant);
      } else if (error.status !== null) health.suspect(endpoint, tenant);
    },
    abandoned: ({ endpoint, tenant }) => health.suspect(endpoint, tenant),
    succeeded: (call) => {
      accounts.end(accountKey(call));
      repositories.end(repositoryKey(call));
      health.answered(call.endpoint);
    },
  };
}

/** Why and how long something is not asked. */
export interface Pause {
  readonly milliseconds: number;
  /** What failed last, for people. */
  readonly state: string;
}

/** Pauses by key, each longer than the one before until the key succeeds. */
export interface BackOff {
  /** Null if the key may be asked. */
  readonly pauseOf: (key: string) => Pause | null;
  readonly extend: (key: string, failure: RegistryError) => void;
  readonly end: (key: string) => void;
}

export interface BackOffDeps {
  readonly now: () => number;
  /** In [0, 1): pauses are spread over half to all of their length, so that replicas do not come back in step. */
  readonly random: () => number;
}

interface BackOffLimits {
  readonly firstMs: number;
  /** Also for what the registry itself asks for. */
  readonly longestMs: number;
  readonly entries: number;
  readonly bytes: number;
}

interface Entry {
  /** In a row. */
  readonly failures: number;
  readonly until: number;
  readonly state: string;
}

/** Of an entry's objects and numbers, beside its texts. */
const ENTRY_BYTES = 256;

export function createBackOff({ now, random }: BackOffDeps, limits: BackOffLimits): BackOff {
  const entries = new LRUCache<string, Entry>({
    max: limits.entries,
    maxSize: limits.bytes,
    sizeCalculation: ({ state }, key) => ENTRY_BYTES + 2 * (state.length + key.length),
  });
  return {
    pauseOf: (key) => {
      const entry = entries.get(key);
      const milliseconds = (entry?.until ?? 0) - now();
      return entry === undefined || milliseconds <= 0 ? null : { milliseconds, state: entry.state };
    },
    extend: (key, { state, retryAfterMs }) => {
      const known = entries.get(key);
      const failures = (known?.failures ?? 0) + 1;
      const own = limits.firstMs * 2 ** (failures - 1) * (0.5 + random() / 2);
      const until = now() + Math.min(retryAfterMs ?? own, limits.longestMs);
      entries.set(key, { failures, state, until: Math.max(known?.until ?? 0, until) });
    },
    end: (key) => void entries.delete(key),
  };
}
