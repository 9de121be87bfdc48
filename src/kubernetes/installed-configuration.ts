import type { UnreadFact } from '../assess/ports.ts';
import {
  child,
  isObject,
  objectList,
  property,
  stringList,
  stringMap,
  stringOr,
  type JsonObject,
} from '../lib/json.ts';
import { metadataText } from '../pod/object-metadata.ts';
import type { KubernetesClient } from './client.ts';
import { namespacePath } from './collections.ts';
import { readInstalledWebhooks } from './installed-webhooks.ts';
import {
  createKubernetesError,
  isKubernetesError,
  readOrNull,
  type KubernetesError,
} from './kubernetes-error.ts';
import { adviseOnFailedRead } from './missing-right.ts';

interface ConfigMapKey {
  readonly name: string;
  readonly key: string;
}

/** The names in the manifests and in the chart, for users who cannot see the Deployment. */
const USUAL: ConfigMapKey = { name: 'wasmgate-configuration', key: 'configuration.yaml' };

/** The label of everything that the manifests and the chart create. */
const LABEL = 'app.kubernetes.io/name=wasmgate';

const CONFIG_FLAG = '--config';

/** The configuration that wasmgate runs with in a cluster. */
export type InstalledConfiguration =
  | { readonly kind: 'found'; readonly namespace: string; readonly name: string; readonly text: string }
  /** Wasmgate is not installed, or runs without one. */
  | { readonly kind: 'none'; readonly namespace: string | null; readonly why: string }
  | { readonly kind: 'unread'; readonly namespace: string | null; readonly unread: UnreadFact };

interface Source {
  readonly client: KubernetesClient;
  readonly signal: AbortSignal;
}

/** Returns the value of `--config` in a container's command line; null if it has none. */
function configFlagOf(container: JsonObject): string | null {
  const words = ['command', 'args'].flatMap((key) => stringList(property(container, key)) ?? []);
  const joined = words.find((word) => word.startsWith(`${CONFIG_FLAG}=`));
  if (joined !== undefined) return joined.slice(CONFIG_FLAG.length + 1);
  const at = words.indexOf(CONFIG_FLAG);
  return at < 0 ? null : (words[at + 1] ?? null);
}

/** Returns the key of the ConfigMap that is mounted as this file; null if the file comes from elsewhere. */
function mountedKey(spec: JsonObject, container: JsonObject, file: string): ConfigMapKey | null {
  for (const mount of objectList(property(container, 'volumeMounts'))) {
    const folder = stringOr(property(mount, 'mountPath'), '').replace(/\/$/, '');
    const subPath = stringOr(property(mount, 'subPath'), '');
    const inVolume =
      file === folder ? subPath : file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : '';
    const volume = objectList(property(spec, 'volumes')).find(
      (one) => property(one, 'name') === property(mount, 'name'),
    );
    const configMap = volume === undefined ? undefined : property(volume, 'configMap');
    if (inVolume === '' || !isObject(configMap)) continue;
    const item = objectList(property(configMap, 'items')).find((one) => property(one, 'path') === inVolume);
    const key = item === undefined ? inVolume : stringOr(property(item, 'key'), inVolume);
    return { name: stringOr(property(configMap, 'name'), ''), key };
  }
  return null;
}

/** Where a Deployment has its configuration: in a ConfigMap, nowhere, or somewhere that cannot be seen from here. */
function configurationOf(deployment: JsonObject): ConfigMapKey | 'none' | 'elsewhere' {
  const spec = child(child(child(deployment, 'spec'), 'template'), 'spec');
  const found = objectList(property(spec, 'containers')).map((container) => {
    const file = configFlagOf(container);
    return file === null ? 'none' : (mountedKey(spec, container, file) ?? 'elsewhere');
  });
  return found.find((one) => one !== 'none') ?? 'none';
}

/** Returns null for what the user may not read. @throws any error that is not the API server's */
async function ifReadable<Item>(read: () => Promise<Item>): Promise<Item | null> {
  try {
    return await read();
  } catch (error) {
    if (!isKubernetesError(error)) throw error;
    return null;
  }
}

/** There is one in a cluster; more are copies for tests, of which the webhook's namespace is known. */
const MAX_DEPLOYMENTS = 50;

/** Lists wasmgate's Deployments, in one namespace or in all; null if the user may not. */
function listDeployments({ client, signal }: Source, namespace: string | null) {
  const place = namespace === null ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return ifReadable(async () => {
    const list = await client.request(
      {
        action: "list wasmgate's Deployments",
        path: `/apis/apps/v1${place}/deployments`,
        query: { labelSelector: LABEL, limit: String(MAX_DEPLOYMENTS) },
      },
      signal,
    );
    return objectList(property(list, 'items'));
  });
}

/** Where wasmgate is installed, as far as the user may see it. */
interface Place {
  /** Null if nothing shows it. */
  readonly namespace: string | null;
  /** False if the user may see that there is no webhook. */
  readonly mayExist: boolean;
  /** Null if the user may not see Deployments. */
  readonly deployments: readonly JsonObject[] | null;
}

/** Finds the namespace by the Service that the webhooks name, or by wasmgate's Deployment. */
async function locate(source: Source): Promise<Place> {
  const webhooks = await ifReadable(() => readInstalledWebhooks(source.client, source.signal));
  const mayExist = webhooks === null || webhooks.webhooks.length > 0;
  const named = webhooks?.namespace ?? null;
  const deployments = await listDeployments(source, named);
  const [only, ...others] = deployments ?? [];
  const namespace =
    named ?? (only === undefined || others.length > 0 ? null : metadataText(only, 'namespace'));
  return { namespace, mayExist, deployments };
}

function describe(deployment: JsonObject | undefined, { namespace }: { readonly namespace: string }): string {
  return `Deployment "${namespace}/${metadataText(deployment ?? {}, 'name')}"`;
}

function unread(namespace: string | null, error: KubernetesError, advice: string): InstalledConfiguration {
  const { message } = error;
  const found: UnreadFact = { fact: 'configuration', what: 'configuration of wasmgate', message, advice };
  return { kind: 'unread', namespace, unread: found };
}

const NOT_INSTALLED = 'wasmgate is not installed in this cluster';
const ACTION = 'read the configuration of wasmgate';
const PASS_FILE = 'Pass the configuration with --config FILE.';

/** Reads the ConfigMap. One that does not exist says nothing if wasmgate may have another. */
async function readConfigMap(
  { client, signal }: Source,
  { name, key }: ConfigMapKey,
  { namespace, mayExist }: { readonly namespace: string; readonly mayExist: boolean },
): Promise<InstalledConfiguration> {
  const what = `ConfigMap "${namespace}/${name}"`;
  const fail = (state: string): InstalledConfiguration =>
    unread(namespace, createKubernetesError(ACTION, 'not-found', { state }), PASS_FILE);
  try {
    const call = { action: ACTION, path: namespacePath(namespace, 'configmaps', name) };
    const found = await readOrNull(() => client.request(call, signal));
    if (found === null) {
      if (!mayExist) return { kind: 'none', namespace: null, why: NOT_INSTALLED };
      return fail(`there is no ${what}`);
    }
    const text = stringMap(property(found, 'data')).get(key);
    return text === undefined
      ? fail(`${what} has no key "${key}"`)
      : { kind: 'found', namespace, name, text };
  } catch (error) {
    if (!isKubernetesError(error)) throw error;
    if (!mayExist) return { kind: 'none', namespace: null, why: NOT_INSTALLED };
    const right = { verb: 'get', group: '', resource: 'configmaps', namespace, name } as const;
    return unread(
      namespace,
      error,
      `${adviseOnFailedRead(error, right)} Or pass the configuration with --config FILE.`,
    );
  }
}

/**
 * Reads the configuration that wasmgate runs with, with the user's rights. It looks for the ConfigMap that wasmgate's Deployment
 * mounts; for a user who may not see that, the name in the manifests counts. Where the user sees that there is no webhook, a Deployment
 * counts in the namespace of the manifests only.
 * @param usualNamespace of the manifests
 */
export async function readInstalledConfiguration(
  client: KubernetesClient,
  usualNamespace: string,
): Promise<InstalledConfiguration> {
  const source = { client, signal: new AbortController().signal };
  const { namespace, mayExist, deployments } = await locate(source);
  const place = { namespace: namespace ?? usualNamespace, mayExist };
  const deployment = deployments?.find((one) => metadataText(one, 'namespace') === place.namespace);
  if (!mayExist && place.namespace !== usualNamespace) {
    // Whoever may create Deployments may label one, and would choose the mode and the exceptions of an audit.
    const state = `no webhook of wasmgate exists, and a label alone does not show that ${describe(deployment, place)} is wasmgate`;
    return unread(null, createKubernetesError(ACTION, 'not-found', { state }), PASS_FILE);
  }
  if (deployment === undefined) return readConfigMap(source, USUAL, place);
  const mounted = configurationOf(deployment);
  if (mounted === 'none') {
    const why = `${describe(deployment, place)} names no configuration`;
    return { kind: 'none', namespace: place.namespace, why };
  }
  if (mounted === 'elsewhere') {
    const state = `${describe(deployment, place)} has it in no ConfigMap`;
    return unread(place.namespace, createKubernetesError(ACTION, 'not-found', { state }), PASS_FILE);
  }
  return readConfigMap(source, mounted, { ...place, mayExist: true });
}
