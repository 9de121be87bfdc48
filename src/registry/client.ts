import { setTimeout as delay } from 'node:timers/promises';
import type { RegistryPort } from '../assess/ports.ts';
import { createAddressGuard } from './connection/address-guard.ts';
import { createDispatchers } from './connection/dispatchers.ts';
import { resolveByDns, type Resolve } from './connection/guarded-connector.ts';
import { readProxies, type Environment } from './connection/proxies.ts';
import { DEFAULTS, type Limits } from './defaults.ts';
import { createDocuments } from './documents.ts';
import { createExchange } from './exchange.ts';
import type { HostsConfiguration } from './hosts/hosts.ts';
import type { RequestEvent } from './http-types.ts';
import { createHttp } from './http.ts';
import { createAuthenticatedSend } from './login/authenticate.ts';
import { createGrant } from './login/grant.ts';
import { createLogins } from './login/logins.ts';
import { createPauses, type PauseReason } from './pauses.ts';
import { createReadLayer } from './read-layer.ts';
import { followRedirects } from './redirects.ts';
import type { RetryDeps } from './retry.ts';

/** The world outside; what is left out is the real one. */
export interface RegistryClientDeps extends Partial<RetryDeps> {
  readonly now?: () => number;
  readonly resolve?: Resolve;
}

export interface RegistryClientOptions {
  readonly plainHttp: readonly string[];
  readonly allowAddresses: readonly string[];
  /** For commands on the user's own machine: loopback registries are asked, over plain http. */
  readonly allowLoopback?: boolean;
  /** PEM certificates trusted beside the system's. */
  readonly ca?: readonly string[];
  /** Mirrors, and how single hosts are trusted. */
  readonly hosts?: HostsConfiguration | undefined;
  /** Where HTTPS_PROXY, HTTP_PROXY and NO_PROXY are read from. */
  readonly env?: Environment;
  readonly limits?: Partial<Limits>;
  readonly onRequest?: ((event: RequestEvent) => void) | undefined;
  /** Told when a registry begins to be left alone, or for longer. */
  readonly onPause?: ((why: PauseReason) => void) | undefined;
}

export interface RegistryClient extends RegistryPort {
  /** Cuts all connections; requests under way fail. */
  readonly close: () => Promise<void>;
}

function createRetry(deps: RegistryClientDeps): RetryDeps {
  return {
    random: deps.random ?? Math.random,
    sleep: deps.sleep ?? ((milliseconds, signal) => delay(milliseconds, undefined, { signal })),
  };
}

/**
 * The layers, from the wire up: http, redirects, login, retry, mirrors; each knows only the one below.
 * @throws AppError `invalid-address`, `invalid-proxy`
 */
export function createRegistryClient(
  deps: RegistryClientDeps,
  options: RegistryClientOptions,
): RegistryClient {
  const limits: Limits = { ...DEFAULTS, ...options.limits };
  const now = deps.now ?? Date.now;
  const allowLoopback = options.allowLoopback ?? false;
  const guard = createAddressGuard({ allowAddresses: options.allowAddresses, allowLoopback });
  const dispatchers = createDispatchers(
    { guard, resolve: deps.resolve ?? resolveByDns, proxyFor: readProxies(options.env ?? {}) },
    { limits, ca: options.ca ?? [] },
  );
  const http = createHttp({ dispatchers, onRequest: options.onRequest ?? ((): void => undefined) }, limits);
  const send = followRedirects(http, { redirects: limits.redirects, plainHttp: options.plainHttp });
  const grant = createGrant({ send, now }, limits);
  const logins = createLogins({ now }, limits);
  const authenticated = createAuthenticatedSend({ send, grant, logins, now });
  const retry = createRetry(deps);
  const pauses = createPauses({ now, random: retry.random, onPause: options.onPause }, limits);
  const exchange = createExchange(
    { authenticated, retry, pauses },
    { limits, plainHttp: options.plainHttp, allowLoopback, hosts: options.hosts },
  );
  const documents = createDocuments({ exchange, now }, limits);
  return { ...documents, readLayer: createReadLayer({ exchange, now }), close: dispatchers.close };
}
