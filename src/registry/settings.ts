import { Type, type Static } from 'typebox';
import { createAddressGuard } from './connection/address-guard.ts';
import { type HostsConfiguration, isLoopbackHost } from './endpoints.ts';

/** The `registry` section of the configuration. */
export const registrySettings = Type.Object(
  {
    plainHttp: Type.Array(Type.String({ pattern: '^[^/]+$', title: 'host or host:port' }), {
      default: [],
      description:
        'Registries that wasmgate connects to over plain http, as in image references: "registry.internal:5000".',
    }),
    allowAddresses: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description:
        'Addresses or CIDRs that wasmgate may connect to although they are loopback, link-local or metadata addresses.',
    }),
    caFile: Type.Optional(
      Type.String({
        minLength: 1,
        description: "PEM file of certificate authorities trusted in addition to the system's.",
      }),
    ),
    tls: Type.Record(
      Type.String(),
      Type.Object(
        {
          caFile: Type.Optional(
            Type.String({ minLength: 1, description: 'PEM file of authorities also trusted for this host.' }),
          ),
          certFile: Type.Optional(
            Type.String({
              minLength: 1,
              description: 'PEM file of the client certificate for this host.',
            }),
          ),
          keyFile: Type.Optional(
            Type.String({ minLength: 1, description: 'PEM file of its key, if that is a separate file.' }),
          ),
          insecure: Type.Boolean({
            default: false,
            description: 'Skip TLS certificate verification (insecure).',
          }),
        },
        { additionalProperties: false },
      ),
      { default: {}, description: 'TLS settings by host: "registry.internal:5000".' },
    ),
    mirrors: Type.Record(Type.String(), Type.Array(Type.String({ minLength: 1 })), {
      default: {},
      description:
        'Mirrors of each registry, tried in order before it: {docker.io: [https://mirror.internal]}. "*" applies to registries without an entry.',
    }),
    registriesFile: Type.Optional(
      Type.String({
        minLength: 1,
        description: "K3s's or RKE2's registries.yaml, for its mirrors, rewrites, logins and certificates.",
      }),
    ),
    hostsDirectory: Type.Optional(
      Type.String({
        minLength: 1,
        description: "containerd's folder of hosts.toml files; on nodes /etc/containerd/certs.d.",
      }),
    ),
    dockerConfig: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "Docker config file, whose logins and credential helpers wasmgate tries after a Pod's pull secrets, as a node does.",
      }),
    ),
    credentialProviders: Type.Optional(
      Type.Object(
        {
          config: Type.String({
            minLength: 1,
            description:
              "The kubelet's CredentialProviderConfig. wasmgate tries the logins of its plugins after those of dockerConfig.",
          }),
          binDir: Type.String({ minLength: 1, description: 'Folder that holds the plugins.' }),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false, default: {} },
);

export type RegistrySettings = Static<typeof registrySettings>;

/** A mirror that wasmgate skips because of its address, although nodes may use it. */
export interface DeniedMirror {
  readonly host: string;
  readonly why: string;
}

const LOOPBACK = '127.0.0.1';

/** Finds mirrors with a denied address in their URL, each once; host names resolve at run time only. */
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
