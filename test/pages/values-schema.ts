import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, parseDocument, type Scalar, type YAMLMap } from 'yaml';
import { configurations } from '../../src/wire/settings.ts';

const VALUES = join(import.meta.dirname, '..', '..', 'manifests', 'chart', 'values.yaml');
const DIALECT = 'http://json-schema.org/draft-07/schema#';

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema | false>>;
  readonly [keyword: string]: unknown;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const texts = { type: ['object', 'null'], additionalProperties: text } as const;

function count(minimum: number): Schema {
  return { type: 'integer', minimum };
}

/** In a user's values, null takes a default away. */
function optional(schema: Schema & { readonly type: string }): Schema {
  return { ...schema, type: [schema.type, 'null'] };
}

function object(properties: Readonly<Record<string, Schema>>) {
  return { type: 'object', additionalProperties: false, properties } as const;
}

function listOf(items: Schema): Schema {
  return { type: ['array', 'null'], items };
}

/** An object of Kubernetes: the API server checks the rest. */
function having(...required: readonly string[]): Schema {
  return {
    type: 'object',
    required,
    properties: Object.fromEntries(required.map((name) => [name, text])),
  };
}

const quantities = { type: ['object', 'null'], additionalProperties: { type: ['string', 'number'] } };

function resources(): Schema {
  return optional(object({ requests: quantities, limits: quantities, claims: listOf(having('name')) }));
}

/**
 * The schema of the configuration file, without the keys that the template adds, and without the ports, which Service, probes
 * and flags name, too.
 */
function configuration(): Schema {
  const schema = configurations.jsonSchema() as Schema;
  const { $schema: _dialect, title: _title, required: _required, properties = {}, ...rest } = schema;
  const { server, ...sections } = properties;
  const { port: _port, metricsPort: _metricsPort, ...listening } = (server && server.properties) || {};
  return { ...rest, properties: { ...sections, server: { ...server, properties: listening } } };
}

const createSchema = (): Schema => ({
  $schema: DIALECT,
  title: 'Values of the chart wasmgate',
  ...object({
    image: object({
      repository: { ...text, minLength: 1 },
      tag: text,
      digest: { ...text, pattern: '^(sha256:[0-9a-f]{64})?$' },
      pullPolicy: { enum: ['', 'Always', 'IfNotPresent', 'Never'] },
    }),
    imagePullSecrets: listOf(object({ name: text })),
    replicas: optional({ type: 'integer', minimum: 1 }),
    configuration: configuration(),
    files: {
      type: ['object', 'null'],
      additionalProperties: false,
      patternProperties: { '^[-._a-zA-Z0-9]+$': text },
      properties: { 'configuration.yaml': false },
    },
    env: listOf(having('name')),
    volumes: listOf(having('name')),
    volumeMounts: listOf(having('name', 'mountPath')),
    resources: resources(),
    runAsUser: optional({ type: 'integer', minimum: 1 }),
    priorityClassName: optional(text),
    podLabels: texts,
    podAnnotations: texts,
    nodeSelector: texts,
    tolerations: listOf(
      object({
        key: text,
        operator: text,
        value: text,
        effect: { enum: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] },
        tolerationSeconds: count(0),
      }),
    ),
    affinity: optional(
      object({
        nodeAffinity: { type: 'object' },
        podAffinity: { type: 'object' },
        podAntiAffinity: { type: 'object' },
      }),
    ),
    pullSecrets: object({ clusterWide: flag }),
    warmStart: object({ enabled: flag }),
    auditReport: object({
      enabled: flag,
      schedule: { ...text, minLength: 1 },
      resources: resources(),
    }),
    certManager: object({
      enabled: flag,
      issuerRef: object({ name: text, kind: text, group: text }),
    }),
    highAvailability: object({ enabled: flag }),
    failClosed: object({ enabled: flag }),
    monitoring: object({ enabled: flag, labels: texts }),
    networkPolicy: object({
      enabled: flag,
      apiServers: listOf({ ...text, pattern: '^[0-9a-fA-F:.]+/[0-9]+$' }),
      metricsNamespace: { ...text, minLength: 1 },
    }),
  }),
});

/** Keys that a parent chart may set. */
const PARENTS = {
  global: { type: 'object', description: 'Helm passes it to every chart. This chart does not read it.' },
  enabled: { ...flag, description: 'For the condition of a parent chart. This chart does not read it.' },
} as const;

/** Adds the comment above each key of values.yaml as its description. */
function describe(schema: Schema, values: YAMLMap): Schema {
  const { properties = {} } = schema;
  const comments = values.items.map(({ key, value }, index): [string, Schema] => {
    const { value: name, commentBefore } = key as Scalar<string>;
    const property = properties[name];
    if (!property) throw new Error(`Cannot describe "${name}" of values.yaml: it has no schema`);
    // The parser attaches the comment above a map's first key to the map.
    const comment = commentBefore ?? (index === 0 ? values.commentBefore : undefined);
    const described =
      isMap(value) && property && 'properties' in property ? describe(property, value) : property;
    return [
      name,
      comment ? { ...described, description: comment.trim().replaceAll(/\n\s*/g, ' ') } : described,
    ];
  });
  const described = Object.fromEntries(comments);
  return { ...schema, properties: { ...properties, ...described } };
}

/** manifests/chart/values.schema.json */
export function valuesSchema(): string {
  const { contents } = parseDocument(readFileSync(VALUES, 'utf8'));
  if (!isMap(contents)) throw new Error(`Cannot read ${VALUES}: it holds no map`);
  const schema = describe(createSchema(), contents);
  return `${JSON.stringify({ ...schema, properties: { ...schema.properties, ...PARENTS } }, null, 2)}\n`;
}
