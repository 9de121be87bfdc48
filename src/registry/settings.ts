import { Type, type Static } from 'typebox';

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
