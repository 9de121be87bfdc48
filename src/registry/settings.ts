import { Type, type Static } from 'typebox';

/** The part of the configuration that the registry client reads. */
export const registrySettings = Type.Object(
  {
    plainHttp: Type.Array(Type.String({ minLength: 1 }), {
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
