import { Type, type Static } from 'typebox';

/** Where the webhook listens; every default stands here and nowhere else. */
export const serverSettings = Type.Object(
  {
    host: Type.String({
      default: '0.0.0.0',
      minLength: 1,
      description: 'Address to listen on; "::" for clusters with IPv6 only.',
    }),
    port: Type.Integer({
      default: 8443,
      minimum: 0,
      maximum: 65_535,
      description: 'Port of HTTPS, for admission and health alike; 0 takes a free one.',
    }),
    metricsHost: Type.Optional(
      Type.String({ minLength: 1, description: 'Address to serve metrics on; without it the same as host.' }),
    ),
    metricsPort: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 65_535,
        description:
          'Port of plain HTTP for GET /metrics; 0 takes a free one. Without it metrics are not served; the manifests set it by --metrics-port.',
      }),
    ),
  },
  { additionalProperties: false, default: {} },
);

export type ServerSettings = Static<typeof serverSettings>;
