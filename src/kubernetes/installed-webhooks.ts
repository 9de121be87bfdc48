import { child, isObject, property, stringMap, stringOr, type JsonObject } from '../lib/json.ts';
import type { KubernetesClient } from './client.ts';
import { isKubernetesError, readOrNull } from './kubernetes-error.ts';
import {
  caBundleOf,
  clientConfigsOf,
  CONFIGURATION_KINDS,
  CONFIGURATION_NAME as NAME,
  configurationPath,
} from './webhook-configurations.ts';

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

function serverNameOf(clientConfig: JsonObject): string {
  const service = property(clientConfig, 'service');
  if (isObject(service)) {
    return `${stringOr(property(service, 'name'), '')}.${stringOr(property(service, 'namespace'), '')}.svc`;
  }
  const url = stringOr(property(clientConfig, 'url'), '');
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, '$1') : '';
}

function injectionOf(configuration: JsonObject): InstalledWebhooks['injected'] {
  const annotations = stringMap(property(child(configuration, 'metadata'), 'annotations'));
  for (const kind of ['certificate', 'secret'] as const) {
    const [namespace, name] = annotations.get(INJECTED[kind])?.split('/') ?? [];
    if (namespace !== undefined && name !== undefined) return { kind, namespace, name };
  }
  return null;
}

/** Reads whether the API server sends new Pods to wasmgate; `unknown` if that cannot be read. */
export async function readInstallation({
  request,
}: KubernetesClient): Promise<'installed' | 'not-installed' | 'unknown'> {
  const [kind] = CONFIGURATION_KINDS;
  const call = { action: `read ${kind} "${NAME}"`, path: configurationPath(kind) };
  try {
    const found = await readOrNull(() => request(call, new AbortController().signal));
    return found !== null && clientConfigsOf(found).length > 0 ? 'installed' : 'not-installed';
  } catch (error) {
    if (isKubernetesError(error)) return 'unknown';
    throw error;
  }
}

/** Reads both webhook configurations of wasmgate. */
export async function readInstalledWebhooks(
  client: KubernetesClient,
  signal: AbortSignal,
): Promise<InstalledWebhooks> {
  const read = await Promise.all(
    CONFIGURATION_KINDS.map(async (kind) => {
      const call = { action: `read ${kind} "${NAME}"`, path: configurationPath(kind) };
      return [kind, await readOrNull(() => client.request(call, signal))] as const;
    }),
  );
  const found = read.flatMap(([kind, configuration]) =>
    configuration === null ? [] : [{ kind, configuration }],
  );
  const clients = found.flatMap(({ kind, configuration }) =>
    clientConfigsOf(configuration).map(({ name, clientConfig }) => ({
      configuration: `${kind}/${NAME}`,
      name,
      config: isObject(clientConfig) ? clientConfig : {},
    })),
  );
  return {
    webhooks: clients.map(({ configuration, name, config }) => ({
      configuration,
      name,
      serverName: serverNameOf(config),
      caBundle: caBundleOf(config),
    })),
    absent: read.flatMap(([kind, configuration]) => (configuration === null ? [`${kind}/${NAME}`] : [])),
    namespace:
      clients
        .map(({ config }) => stringOr(property(child(config, 'service'), 'namespace'), null))
        .find((namespace) => namespace !== null) ?? null,
    injected:
      found.map(({ configuration }) => injectionOf(configuration)).find((one) => one !== null) ?? null,
  };
}

/** Returns the Secret that a Certificate of cert-manager is stored in; null if there is no such Certificate. */
export async function readSecretNameOfCertificate(
  client: KubernetesClient,
  { namespace, name }: Pick<NonNullable<InstalledWebhooks['injected']>, 'namespace' | 'name'>,
  signal: AbortSignal,
): Promise<string | null> {
  const path = `/apis/cert-manager.io/v1/namespaces/${encodeURIComponent(namespace)}/certificates/${encodeURIComponent(name)}`;
  const call = { action: `read certificate "${namespace}/${name}"`, path };
  const certificate = await readOrNull(() => client.request(call, signal));
  return certificate === null ? null : stringOr(property(child(certificate, 'spec'), 'secretName'), null);
}
