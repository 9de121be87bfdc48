import { Type, type Static } from 'typebox';

/** The addresses on which the webhook listens. */
export const serverSettings = Type.Object(
  {
    host: Type.String({
      default: '0.0.0.0',
      minLength: 1,
      description: 'Address to listen on; "::" for IPv6-only clusters.',
    }),
    port: Type.Integer({
      default: 8443,
      minimum: 0,
      maximum: 65_535,
      description: 'HTTPS port for admission and health checks; 0 picks a free port.',
    }),
    metricsHost: Type.Optional(
      Type.String({ minLength: 1, description: 'Address to serve metrics on; by default the same as host.' }),
    ),
    metricsPort: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 65_535,
        description:
          'Plain HTTP port for GET /metrics; 0 picks a free port. Without it, wasmgate serves no metrics; the manifests set it with --metrics-port.',
      }),
    ),
  },
  { additionalProperties: false, default: {} },
);

export type ServerSettings = Static<typeof serverSettings>;
