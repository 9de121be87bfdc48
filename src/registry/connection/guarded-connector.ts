import { lookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { getCACertificates, type ConnectionOptions } from 'node:tls';
import type { buildConnector } from 'undici';
import type { TlsMaterial } from '../endpoints.ts';
import { AddressDeniedError, type AddressGuard } from './address-guard.ts';
import { notFound } from './dns-query.ts';
import { createConnector } from './undici-parts.ts';

/** Resolves a name to all its addresses, as `dns.lookup` does. */
export type Resolve = (
  hostname: string,
  callback: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

export interface NameResolver {
  readonly resolve: Resolve;
  /**
   * Resolves a name for a namespace ahead of `resolve`: a connection does not know the namespace of its request. Absent if
   * there is a single tenant.
   */
  readonly prepare?: (hostname: string, tenant: string) => Promise<void>;
}

type TlsOptions = Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized'>;

export interface ConnectorOptions extends TlsOptions {
  readonly connectMs: number;
}

/** @param ca PEM certificates trusted in addition to the system's and the host's own */
export function clientTlsOptions(ca: readonly string[], tls: TlsMaterial | null): TlsOptions {
  const authorities = [...ca, ...(tls?.ca ?? [])];
  const client = tls?.client ?? [];
  return {
    ...(authorities.length === 0 ? {} : { ca: [...getCACertificates('default'), ...authorities] }),
    ...(client.length === 0
      ? {}
      : { cert: client.map(({ cert }) => cert), key: client.map(({ key }) => key) }),
    ...(tls?.insecure === true ? { rejectUnauthorized: false } : {}),
  };
}

/** The system's resolver, for commands. It blocks a libuv thread while a DNS server is silent. */
export const resolveByDns: Resolve = (hostname, callback) => {
  lookup(hostname, { all: true }, callback);
};

/** `net.connect` requests either all addresses or one; both come from the guarded list. */
function guardedLookup(guard: AddressGuard, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, (error, found) => {
      if (error !== null) return callback(error, '');
      const addresses = guard.filter(found);
      if (addresses instanceof AddressDeniedError) return callback(addresses, '');
      const [first] = addresses;
      if (first === undefined) return callback(notFound(hostname), '');
      return options.all === true
        ? callback(null, [...addresses])
        : callback(null, first.address, first.family);
    });
  };
}

/**
 * Connects only to allowed addresses. Names are checked when they are resolved for the connection; literal addresses are
 * never resolved, so they are checked here.
 */
export function createGuardedConnector(
  guard: AddressGuard,
  resolve: Resolve,
  { connectMs, ...tls }: ConnectorOptions,
): buildConnector.connector {
  const connect = createConnector({
    allowH2: false,
    timeout: connectMs,
    lookup: guardedLookup(guard, resolve),
    ...tls,
  });
  return (target, callback) => {
    const family = isIP(target.hostname);
    const allowed = family === 0 ? [] : guard.filter([{ address: target.hostname, family }]);
    if (allowed instanceof AddressDeniedError) callback(allowed, null);
    else connect(target, callback);
  };
}
