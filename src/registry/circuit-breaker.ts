import type { Credential } from '../credentials/credential.ts';
import { createBackOff, type BackOffDeps } from './back-off.ts';
import type { Endpoint } from './endpoints.ts';
import { RegistryError, type ImageSubject } from './errors.ts';
import type { HostHealth } from './host-health.ts';
import type { RegistryLimits } from './limits.ts';
import { hashKey, identityOf } from './login/login-cache.ts';

/** One request to one endpoint. */
export interface Call {
  readonly endpoint: Endpoint;
  /** With the repository as the endpoint names it. */
  readonly subject: ImageSubject;
  /** The namespace that the request is for. */
  readonly tenant: string;
  /** The credentials that match the image. */
  readonly credentials: readonly Credential[];
}

/**
 * Fails calls at once while their circuit is open. Three circuits are separate, so that no tenant opens one for another:
 *
 * - account: a registry limits requests. Registries count by account (Docker Hub, GHCR) and lock out failed logins, so the
 *   circuit is that of the same credentials.
 * - repository: a repository fails. A tenant may own it, so the circuit is that of the namespace that met the failure.
 * - endpoint: it is down for all namespaces. Only wasmgate's own probe decides that. Every `trialEveryMs` the circuit is
 *   half-open and lets one trial request through.
 */
export interface CircuitBreaker {
  /** @throws RegistryError with the last failure, while a circuit of the call is open */
  readonly check: (call: Call) => void;
  /** Records a failure that outlasted the retries. A rejection proves that the endpoint is up. */
  readonly failed: (call: Call, error: unknown) => void;
  /** Records that the caller timed out while waiting: not a failure, but a reason to probe. */
  readonly abandoned: (call: Call) => void;
  readonly succeeded: (call: Call) => void;
}

interface CircuitBreakerDeps extends BackOffDeps {
  readonly health: HostHealth;
  /** Called when a circuit opens, or stays open for longer. */
  readonly onPause: (why: PauseReason) => void;
}

/** `rate-limited`: an account; `repository`: a repository for one namespace; `unreachable`: an endpoint for all of them. */
export const PAUSE_REASONS = ['rate-limited', 'repository', 'unreachable'] as const;
export type PauseReason = (typeof PAUSE_REASONS)[number];

/** Statuses of a gateway whose upstream does not answer. */
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

/** If a token server or a redirect target failed, the endpoint itself had answered. */
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
      state: `${call.subject.registry} limits requests; wasmgate retries in ${inSeconds(pause.milliseconds)}`,
      status: 429,
      host: call.endpoint.base.host,
    });
  }

  function checkRepository(call: Call): void {
    const pause = repositories.pauseOf(repositoryKey(call));
    if (pause === null) return;
    throw new RegistryError('unreachable', call.subject, {
      state: `${pause.state}; wasmgate retries in ${inSeconds(pause.milliseconds)}`,
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
