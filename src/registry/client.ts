import { setTimeout as delay } from 'node:timers/promises';
import type { RegistryPort } from '../images/ports.ts';
import { createCircuitBreaker, type PauseReason } from './circuit-breaker.ts';
import { createAddressGuard } from './connection/address-guard.ts';
import { createDispatchers, type DispatcherDeps } from './connection/dispatchers.ts';
import { resolveByDns, type NameResolver } from './connection/guarded-connector.ts';
import { readProxies, type Environment } from './connection/proxies.ts';
import { createDocuments } from './documents.ts';
import type { HostsConfiguration } from './endpoints.ts';
import { createExchange, endpointsFor } from './exchange.ts';
import { createHostHealth, type Outage, createProbe } from './host-health.ts';
import type { RequestEvent } from './http-types.ts';
import { createHttp } from './http.ts';
import { REGISTRY_LIMITS, type RegistryLimits } from './limits.ts';
import { createAuthenticatedSend } from './login/authenticate.ts';
import { createGrant } from './login/grant.ts';
import { createLoginCache } from './login/login-cache.ts';
import { createReadLayer } from './read-layer.ts';
import { followRedirects } from './redirects.ts';
import type { RetryDeps } from './retry.ts';

/** Replacements for the network and clocks; the real ones by default. */
export interface RegistryClientDeps extends Partial<RetryDeps>, Partial<NameResolver> {
  /** Monotonic milliseconds, for durations: setting the clock must not lengthen a pause. */
  readonly now?: () => number;
  /** Milliseconds since the epoch, for dates that registries send. */
  readonly wallClock?: () => number;
  /** Schedules a call without keeping the process alive for it. */
  readonly later?: (run: () => void, milliseconds: number) => void;
}

export interface RegistryClientOptions {
  readonly plainHttp: readonly string[];
  readonly allowAddresses: readonly string[];
  /** Allows loopback registries, over plain http: for commands on the user's own machine. */
  readonly allowLoopback?: boolean;
  /** PEM certificates trusted in addition to the system's. */
  readonly ca?: readonly string[];
  /** Mirrors, and TLS settings by host. */
  readonly hosts?: HostsConfiguration | undefined;
  /** Holds HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
  readonly env?: Environment;
  readonly limits?: Partial<RegistryLimits>;
  readonly onRequest?: ((event: RequestEvent) => void) | undefined;
  /** Called when a circuit opens, or stays open for longer. */
  readonly onPause?: ((why: PauseReason) => void) | undefined;
  /** Called when a registry or mirror goes down for all namespaces, and when it answers again. */
  readonly onOutage?: ((outage: Outage) => void) | undefined;
}

export interface RegistryClient extends RegistryPort {
  /** Closes all connections; requests in flight fail. */
  readonly close: () => Promise<void>;
}

function monotonicNow(): number {
  return performance.now();
}

function createRetry(deps: RegistryClientDeps): RetryDeps {
  return {
    random: deps.random ?? Math.random,
    sleep: deps.sleep ?? ((milliseconds, signal) => delay(milliseconds, undefined, { signal })),
  };
}

function runLater(run: () => void, milliseconds: number): void {
  setTimeout(run, milliseconds).unref();
}

/** Probes use their own connections, so that hanging requests cannot delay them. */
function createBreaker(
  deps: RegistryClientDeps & { readonly ways: DispatcherDeps; readonly retry: RetryDeps },
  options: Pick<RegistryClientOptions, 'ca' | 'onPause' | 'onOutage'>,
  limits: RegistryLimits,
) {
  const { now = monotonicNow, later = runLater, ways, retry } = deps;
  const onPause = options.onPause ?? ((): void => undefined);
  const dispatchers = createDispatchers(ways, { limits, ca: options.ca ?? [], keepsConnections: false });
  const probe = createProbe(createHttp({ dispatchers, onRequest: () => undefined }, limits), limits);
  const onOutage = (outage: Outage): void => {
    if (outage.error !== null) onPause('unreachable');
    options.onOutage?.(outage);
  };
  const health = createHostHealth({ probe, now, later, onOutage }, limits);
  const breaker = createCircuitBreaker({ now, random: retry.random, onPause, health }, limits);
  const close = async (): Promise<void> => {
    health.close();
    await dispatchers.close();
  };
  return { breaker, health, close };
}

/**
 * Builds the client's layers, from the wire up: http, redirects, login, retry, mirrors. Each knows only the one below.
 * @throws AppError `invalid-address`, `invalid-proxy`
 */
export function createRegistryClient(
  deps: RegistryClientDeps,
  options: RegistryClientOptions,
): RegistryClient {
  const limits: RegistryLimits = { ...REGISTRY_LIMITS, ...options.limits };
  const { now = monotonicNow, wallClock = Date.now } = deps;
  const allowLoopback = options.allowLoopback ?? false;
  const guard = createAddressGuard({ allowAddresses: options.allowAddresses, allowLoopback });
  const proxyFor = readProxies(options.env ?? {});
  const ways = { resolve: resolveByDns, ...deps, guard, proxyFor };
  const dispatchers = createDispatchers(ways, { limits, ca: options.ca ?? [] });
  const http = createHttp({ dispatchers, onRequest: options.onRequest ?? ((): void => undefined) }, limits);
  const send = followRedirects(http, { redirects: limits.redirects, plainHttp: options.plainHttp });
  const grant = createGrant({ send, now: wallClock }, limits);
  const loginCache = createLoginCache({ now }, limits);
  const authenticated = createAuthenticatedSend({ send, grant, loginCache, now: wallClock });
  const retry = createRetry(deps);
  const { breaker, health, close } = createBreaker({ ...deps, ways, retry }, options, limits);
  const hosts = { plainHttp: options.plainHttp, allowLoopback, hosts: options.hosts };
  const exchange = createExchange({ authenticated, retry, breaker }, { limits, ...hosts });
  return {
    ...createDocuments({ exchange, now: wallClock }, limits),
    readLayer: createReadLayer({ exchange, now: wallClock }),
    isUnreachable: (reference) => {
      const endpoints = endpointsFor(reference, hosts);
      return endpoints.length > 0 && endpoints.every((endpoint) => health.outageOf(endpoint) !== null);
    },
    close: async () => void (await Promise.all([dispatchers.close(), close()])),
  };
}
