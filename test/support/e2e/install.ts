import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { getJson, type Kubectl, must } from '../kubernetes/kubectl.ts';
import { waitFor } from '../lib/processes.ts';

export const MANIFESTS = join(import.meta.dirname, '..', '..', '..', 'manifests');

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

interface WebhookConfiguration extends KubernetesObject {
  readonly webhooks: readonly { readonly clientConfig: { readonly service: { readonly path: string } } }[];
}

/** Renders a folder of the manifests, or an overlay, with kustomize. */
export async function renderManifests(
  kubectl: Kubectl,
  folder: string,
): Promise<readonly KubernetesObject[]> {
  return parseManifests(await must(kubectl(['kustomize', resolve(MANIFESTS, folder)])));
}

export function parseManifests(text: string): readonly KubernetesObject[] {
  return parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
}

export interface Endpoint {
  /** `https://127.0.0.1:PORT`: the API server of the tests reaches no Service. */
  readonly url: string;
  readonly caBundle: string;
}

/** A kustomization as a user writes it. */
export interface Overlay extends AsyncDisposable {
  readonly folder: string;
}

/** Writes an overlay of the base with components, named by their folders and in this order. */
export async function writeOverlay(components: readonly string[]): Promise<Overlay> {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-overlay-'));
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [relative(folder, join(MANIFESTS, 'base'))],
    components: components.map((name) => relative(folder, join(MANIFESTS, 'components', name))),
  };
  await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

/** Applies manifests as shipped except for `clientConfig`: rules, selectors and conditions are under test. */
export async function installBase(
  kubectl: Kubectl,
  endpoint: Endpoint,
  folder: string = 'base',
): Promise<void> {
  const objects = (await renderManifests(kubectl, folder)).map((object) =>
    isWebhookConfiguration(object) ? pointAt(object, endpoint) : object,
  );
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  await must(kubectl(['apply', '--server-side', '--validate=strict', '-f', '-'], { stdin: list }));
}

function isWebhookConfiguration(object: KubernetesObject): object is WebhookConfiguration {
  return object.kind.endsWith('WebhookConfiguration');
}

function pointAt(configuration: WebhookConfiguration, { url, caBundle }: Endpoint): WebhookConfiguration {
  const webhooks = configuration.webhooks.map((webhook) => ({
    ...webhook,
    clientConfig: {
      ...webhook.clientConfig,
      service: undefined,
      url: url + webhook.clientConfig.service.path,
      caBundle,
    },
  }));
  return { ...configuration, webhooks } as unknown as WebhookConfiguration;
}

/** Polls until `probe` shows that the API server uses a new webhook configuration, which takes about a second. */
export async function waitForWebhooks(probe: () => Promise<boolean>): Promise<void> {
  await waitFor(probe, { what: 'the webhook configurations to take effect', seconds: 120 });
}

export interface PodList {
  readonly items: readonly TestPod[];
}

/** The part of a Pod that the end-to-end tests read. */
export interface TestPod {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>> & {
    readonly containers: readonly Readonly<Record<string, unknown>>[];
  };
}

/** Resolves with the Pods of a workload as soon as a controller has created one. */
export async function podsOf(
  kubectl: Kubectl,
  namespace: string,
  selector: string,
): Promise<readonly TestPod[]> {
  return await waitFor(
    async () => {
      const { items } = await getJson<PodList>(kubectl, ['pods', '-n', namespace, '-l', selector]);
      return items.length > 0 && items;
    },
    { what: `a Pod with ${selector}`, seconds: 120 },
  );
}
