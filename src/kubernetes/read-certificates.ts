import { child, isObject, property, stringMap, stringOr, type JsonObject } from '../lib/json.ts';
import type { KubernetesClient } from './client.ts';
import { namespacePath } from './collections.ts';
import { isKubernetesError } from './kubernetes-error.ts';

const KINDS = ['mutatingwebhookconfiguration', 'validatingwebhookconfiguration'] as const;

/** Annotations by which cert-manager's cainjector finds the CA of a webhook configuration: `namespace/name`. */
const INJECTED = {
  certificate: 'cert-manager.io/inject-ca-from',
  secret: 'cert-manager.io/inject-ca-from-secret',
} as const;

interface ConfiguredWebhook {
  readonly configuration: string;
  readonly name: string;
  readonly serverName: string;
  readonly caBundle: string;
}

export interface InstalledWebhooks {
  readonly webhooks: readonly ConfiguredWebhook[];
  /** `kind/name` of configurations that do not exist. */
  readonly absent: readonly string[];
  /** The namespace of the Service that the webhooks name; null if they name none. */
  readonly namespace: string | null;
  /** What cainjector takes the CA from; null if wasmgate writes it. */
  readonly injected: {
    readonly kind: keyof typeof INJECTED;
    readonly namespace: string;
    readonly name: string;
  } | null;
}

function decode(base64: unknown): string {
  return typeof base64 === 'string' ? Buffer.from(base64, 'base64').toString('utf8') : '';
}

function serverNameOf(clientConfig: JsonObject): string {
  const service = property(clientConfig, 'service');
  if (isObject(service)) {
    return `${stringOr(property(service, 'name'), '')}.${stringOr(property(service, 'namespace'), '')}.svc`;
  }
  const url = stringOr(property(clientConfig, 'url'), '');
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, '$1') : '';
}

function clientConfigsOf(configuration: JsonObject): readonly (readonly [name: string, JsonObject])[] {
  const webhooks = property(configuration, 'webhooks');
  return (Array.isArray(webhooks) ? webhooks : [])
    .filter(isObject)
    .map((webhook) => [stringOr(property(webhook, 'name'), ''), child(webhook, 'clientConfig')]);
}

function injectionOf(configuration: JsonObject): InstalledWebhooks['injected'] {
  const annotations = stringMap(property(child(configuration, 'metadata'), 'annotations'));
  for (const kind of ['certificate', 'secret'] as const) {
    const [namespace, name] = annotations.get(INJECTED[kind])?.split('/') ?? [];
    if (namespace !== undefined && name !== undefined) return { kind, namespace, name };
  }
  return null;
}

async function readConfiguration(
  client: KubernetesClient,
  kind: (typeof KINDS)[number],
  { name, signal }: { readonly name: string; readonly signal: AbortSignal },
): Promise<JsonObject | null> {
  const path = `/apis/admissionregistration.k8s.io/v1/${kind}s/${encodeURIComponent(name)}`;
  return readOrNull(client, { action: `read ${kind} "${name}"`, path }, signal);
}

async function readOrNull(
  client: KubernetesClient,
  call: { readonly action: string; readonly path: string },
  signal: AbortSignal,
): Promise<JsonObject | null> {
  try {
    return await client.request(call, signal);
  } catch (error) {
    if (isKubernetesError(error, 'not-found')) return null;
    throw error;
  }
}

/** Reads both webhook configurations of wasmgate. */
export async function readInstalledWebhooks(
  client: KubernetesClient,
  signal: AbortSignal,
  name = 'wasmgate',
): Promise<InstalledWebhooks> {
  const read = await Promise.all(
    KINDS.map(async (kind) => [kind, await readConfiguration(client, kind, { name, signal })] as const),
  );
  const found = read.flatMap(([kind, configuration]) =>
    configuration === null ? [] : [{ kind, configuration }],
  );
  const clients = found.flatMap(({ kind, configuration }) =>
    clientConfigsOf(configuration).map(([webhook, config]) => ({ kind, webhook, config })),
  );
  return {
    webhooks: clients.map(({ kind, webhook, config }) => ({
      configuration: `${kind}/${name}`,
      name: webhook,
      serverName: serverNameOf(config),
      caBundle: decode(property(config, 'caBundle')),
    })),
    absent: read.flatMap(([kind, configuration]) => (configuration === null ? [`${kind}/${name}`] : [])),
    namespace:
      clients
        .map(({ config }) => stringOr(property(child(config, 'service'), 'namespace'), null))
        .find((namespace) => namespace !== null) ?? null,
    injected:
      found.map(({ configuration }) => injectionOf(configuration)).find((one) => one !== null) ?? null,
  };
}

interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

/** Returns the Secret that a Certificate of cert-manager is stored in; null if there is no such Certificate. */
export async function readSecretNameOfCertificate(
  client: KubernetesClient,
  { namespace, name }: ObjectName,
  signal: AbortSignal,
): Promise<string | null> {
  const path = `/apis/cert-manager.io/v1/namespaces/${encodeURIComponent(namespace)}/certificates/${encodeURIComponent(name)}`;
  const certificate = await readOrNull(
    client,
    { action: `read certificate "${namespace}/${name}"`, path },
    signal,
  );
  return certificate === null ? null : stringOr(property(child(certificate, 'spec'), 'secretName'), null);
}

/** Returns the decoded texts of a Secret by key; null if it does not exist. */
export async function readSecretTexts(
  client: KubernetesClient,
  { namespace, name }: ObjectName,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string> | null> {
  const action = `read secret "${namespace}/${name}"`;
  const secret = await readOrNull(
    client,
    { action, path: namespacePath(namespace, 'secrets', name) },
    signal,
  );
  if (secret === null) return null;
  return new Map([...stringMap(property(secret, 'data'))].map(([key, value]) => [key, decode(value)]));
}
