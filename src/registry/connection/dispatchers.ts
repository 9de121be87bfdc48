import { isIP } from 'node:net';
import type { Dispatcher } from 'undici';
import type { TlsMaterial } from '../endpoints.ts';
import type { HttpRequest } from '../http-types.ts';
import type { RegistryLimits } from '../limits.ts';
import { AddressDeniedError, type AddressGuard } from './address-guard.ts';
import { createGuardedConnector, clientTlsOptions, type NameResolver } from './guarded-connector.ts';
import type { ProxyFor } from './proxies.ts';
import { Agent, openTunnel, Pool, ProxyAgent } from './undici-parts.ts';

export interface DispatcherDeps extends NameResolver {
  readonly guard: AddressGuard;
  readonly proxyFor: ProxyFor;
}

export interface Dispatchers {
  /** Returns the dispatcher for a request and resolves its host. @throws AddressDeniedError, or the resolver's error */
  readonly of: (request: HttpRequest) => Promise<Dispatcher>;
  readonly close: () => Promise<void>;
}

interface DispatcherOptions {
  readonly limits: RegistryLimits;
  /** PEM certificates trusted for all hosts, in addition to the system's. */
  readonly ca: readonly string[];
  /** False: each request opens its own connection. */
  readonly keepsConnections?: boolean;
}

function poolOptions({ limits, keepsConnections = true }: DispatcherOptions) {
  return {
    allowH2: false,
    connections: limits.connections,
    pipelining: keepsConnections ? 1 : 0,
    keepAliveTimeout: limits.keepAliveMs,
    headersTimeout: limits.silenceMs,
    bodyTimeout: limits.silenceMs,
    maxHeaderSize: limits.headerBytes,
  } as const;
}

/** Authorities also apply to token servers and blob stores; all other TLS settings apply only to their own host. */
function tlsFor({ tls, url }: HttpRequest): { readonly key: unknown; readonly tls: TlsMaterial | null } {
  if (tls === null) return { key: null, tls: null };
  if (tls.host === url.host) return { key: tls.material, tls: tls.material };
  const { ca } = tls.material;
  return ca.length === 0 ? { key: null, tls: null } : { key: ca, tls: { ca, client: [], insecure: false } };
}

function addressOf(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** One dispatcher, which pools connections per host, for each combination of proxy and TLS settings. */
export function createDispatchers(deps: DispatcherDeps, settings: DispatcherOptions): Dispatchers {
  const { limits, ca } = settings;
  /** Keyed by proxy ('' for none), then by TLS settings: both come from the configuration, so this is bounded. */
  const known = new Map<string, Map<unknown, Dispatcher>>();

  function create(tls: TlsMaterial | null, proxy: URL | null): Dispatcher {
    const options = poolOptions(settings);
    if (proxy === null) {
      const connectMs = limits.connectMs;
      const connect = createGuardedConnector(deps.guard, deps.resolve, {
        connectMs,
        ...clientTlsOptions(ca, tls),
      });
      return new Agent({ ...options, connect });
    }
    const toPool = (origin: string | URL, given: object): Pool =>
      new Pool(origin, Object.assign({ ...options }, given));
    return new ProxyAgent({
      ...options,
      uri: proxy.href,
      connectTimeout: limits.connectMs,
      proxyTls: clientTlsOptions(ca, null),
      requestTls: { ...clientTlsOptions(ca, tls), allowH2: false, timeout: limits.connectMs },
      // Pools to the proxy have the same bounds. `connect` is added by hand: undici's index adds it to all dispatchers.
      clientFactory: (origin, given) => Object.assign(toPool(origin, given), { connect: openTunnel }),
      factory: toPool,
    });
  }

  /** The proxy resolves names; only literal addresses can be checked here. */
  function checkAddress({ hostname }: URL): void {
    const address = addressOf(hostname);
    const family = isIP(address);
    const allowed = family === 0 ? [] : deps.guard.filter([{ address, family }]);
    if (allowed instanceof AddressDeniedError) throw allowed;
  }

  return {
    of: async (request) => {
      const { hostname } = request.url;
      const proxy = deps.proxyFor(request.url);
      if (proxy !== null) checkAddress(request.url);
      else if (isIP(addressOf(hostname)) === 0) await deps.prepare?.(hostname, request.tenant);
      const { key, tls } = tlsFor(request);
      const way = proxy?.href ?? '';
      const byTls = known.get(way) ?? new Map<unknown, Dispatcher>();
      const dispatcher = byTls.get(key) ?? create(tls, proxy);
      known.set(way, byTls.set(key, dispatcher));
      return dispatcher;
    },
    close: async () => {
      const all = [...known.values()].flatMap((byTls) => [...byTls.values()]);
      await Promise.all(all.map((dispatcher) => dispatcher.destroy()));
    },
  };
}
