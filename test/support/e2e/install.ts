import { join } from 'node:path';
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

/** Renders the folder with kustomize. */
export async function renderManifests(
  kubectl: Kubectl,
  folder: string,
): Promise<readonly KubernetesObject[]> {
  const text = await must(kubectl(['kustomize', join(MANIFESTS, folder)]));
  return parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
}

export interface Endpoint {
  /** `https://127.0.0.1:PORT`: the API server of the tests reaches no Service. */
  readonly url: string;
  readonly caBundle: string;
}

/** Applies manifests/base as shipped except for `clientConfig`: rules, selectors and conditions are under test. */
export async function installBase(kubectl: Kubectl, endpoint: Endpoint): Promise<void> {
  const objects = (await renderManifests(kubectl, 'base')).map((object) =>
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
