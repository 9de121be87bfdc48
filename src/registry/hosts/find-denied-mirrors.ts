import { createAddressGuard } from '../connection/address-guard.ts';
import type { HostsConfiguration } from './hosts.ts';
import { isLoopbackHost } from './hosts.ts';

/** A mirror that wasmgate passes over because of its address, although nodes may ask it. */
export interface DeniedMirror {
  readonly host: string;
  readonly why: string;
}

const LOOPBACK = '127.0.0.1';

/** Finds mirrors with a denied address in their URL, each once; what other names resolve to shows at run time only. */
export function findDeniedMirrors(
  hosts: HostsConfiguration | undefined,
  allowAddresses: readonly string[],
): readonly DeniedMirror[] {
  const guard = createAddressGuard({ allowAddresses, allowLoopback: false });
  const lists = (hosts?.tables ?? []).flatMap(({ byRegistry, others }) => [
    ...byRegistry.values(),
    others ?? [],
  ]);
  const bases = lists.flat().flatMap(({ base }) => base ?? []);
  const denied = bases.flatMap(({ host, hostname }): readonly (readonly [string, string])[] => {
    const address = hostname.replace(/^\[(.*)\]$/, '$1');
    const why = guard.whyDenied(isLoopbackHost(hostname) && !/\d$/.test(address) ? LOOPBACK : address);
    return why === null || why === 'not an IP address' ? [] : [[host, why]];
  });
  return [...new Map(denied)].map(([host, why]) => ({ host, why }));
}
