import { Type, type Static } from 'typebox';
import { isAddressRange, createAddressGuard } from './connection/address-guard.ts';
import { type HostsConfiguration, isLoopbackHost } from './endpoints.ts';
import { findServerFault } from './hosts/parse-server.ts';

/** The part of the configuration that the registry client reads. */
export const registrySettings = Type.Object(
  {
    plainHttp: Type.Array(Type.String({ pattern: '^[^/]+$', title: 'host or host:port' }), {
      default: [],
      description: 'Registries spoken to over plain http, as images name them: "registry.internal:5000".',
    }),
    allowAddresses: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description:
        'Addresses or CIDRs that may be connected to although loopback, link-local and metadata addresses are refused.',
    }),
    caFile: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'PEM file of certificate authorities trusted beside the system ones.',
      }),
    ),
    tls: Type.Record(
      Type.String(),
      Type.Object(
        {
          caFile: Type.Optional(
            Type.String({ minLength: 1, description: 'PEM file of authorities trusted for this host, too.' }),
          ),
          certFile: Type.Optional(
            Type.String({
              minLength: 1,
              description: 'PEM file of the certificate that this host is shown.',
            }),
          ),
          keyFile: Type.Optional(
            Type.String({ minLength: 1, description: 'PEM file of its key, where that is another file.' }),
          ),
          insecure: Type.Boolean({
            default: false,
            description: 'Believe whoever answers, without a look at the certificate.',
          }),
        },
        { additionalProperties: false },
      ),
      { default: {}, description: 'How single hosts are trusted: "registry.internal:5000".' },
    ),
    mirrors: Type.Record(Type.String(), Type.Array(Type.String({ minLength: 1 })), {
      default: {},
      description:
        'Where a registry\'s images are asked for first, in order: {docker.io: [https://mirror.internal]}. "*" is for registries that are not named.',
    }),
    registriesFile: Type.Optional(
      Type.String({
        minLength: 1,
        description: "K3s's or RKE2's registries.yaml: its mirrors, rewrites, logins and certificates.",
      }),
    ),
    hostsDirectory: Type.Optional(
      Type.String({
        minLength: 1,
        description: "containerd's folder of hosts.toml files, as nodes have in /etc/containerd/certs.d.",
      }),
    ),
    dockerConfig: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "Docker config file whose logins and credential helpers are tried after a Pod's own pull secrets, as a node's would be.",
      }),
    ),
    credentialProviders: Type.Optional(
      Type.Object(
        {
          config: Type.String({
            minLength: 1,
            description: "The kubelet's CredentialProviderConfig, whose plugins are asked after that.",
          }),
          binDir: Type.String({ minLength: 1, description: 'Folder of the plugins.' }),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false, default: {} },
);

export type RegistrySettings = Static<typeof registrySettings>;

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
      const fault = findServerFault(server);
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
