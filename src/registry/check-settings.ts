import { isAddressRange } from './connection/address-guard.ts';
import { faultOfServer } from './hosts/parse-server.ts';
import type { RegistrySettings } from './settings.ts';

interface Problem {
  /** Within the section. */
  readonly path: readonly (string | number)[];
  readonly text: string;
}

/** What a schema cannot say of these settings: all that would keep a client from starting, but for what is in files. */
export function checkRegistrySettings({
  allowAddresses,
  mirrors,
  tls,
}: RegistrySettings): readonly Problem[] {
  const addresses = allowAddresses.map((address, index) => ({
    path: ['allowAddresses', index],
    text: isAddressRange(address) ? null : `"${address}" is neither an address nor a CIDR.`,
  }));
  const servers = Object.entries(mirrors).flatMap(([registry, list]) =>
    list.map((server, index) => {
      const fault = faultOfServer(server);
      return { path: ['mirrors', registry, index], text: fault === null ? null : `${fault}.` };
    }),
  );
  const keys = Object.entries(tls).map(([host, { certFile, keyFile }]) => ({
    path: ['tls', host, 'keyFile'],
    text: keyFile !== undefined && certFile === undefined ? 'it needs certFile.' : null,
  }));
  return [...addresses, ...servers, ...keys].flatMap(({ path, text }) =>
    text === null ? [] : { path, text },
  );
}
