import { type ReviewStage, startReviewStage } from '../cli/review-stage.ts';
import { apply, type Kubectl, must } from '../kubernetes/kubectl.ts';
import {
  type KubernetesPrograms,
  type KubernetesServer,
  startKubernetesServer,
} from '../kubernetes/kubernetes-server.ts';
import { pod } from '../kubernetes/objects.ts';
import { ASKS_LABEL, createExampleCluster, namespaceFor, UNCHANGED_LABEL } from './example-cluster.ts';
import { putExampleImages, withRegistry } from './example-images.ts';
import { type Example, EXAMPLE_CONFIGURATIONS } from './examples.ts';
import { type KubernetesObject, renderManifests, waitForWebhooks } from './install.ts';
import { startWasmgate, type WasmgateProgram } from './wasmgate-program.ts';

export interface ExampleStage extends AsyncDisposable {
  readonly kubectl: Kubectl;
  /** The webhooks use the same registry. */
  readonly review: ReviewStage;
}

interface Webhook {
  readonly clientConfig: { readonly service: { readonly path: string } };
  readonly namespaceSelector: { readonly matchExpressions: readonly object[] };
}

interface WebhookConfiguration extends KubernetesObject {
  readonly webhooks: readonly Webhook[];
}

/** The cluster of the examples and, for each configuration, a wasmgate that handles its namespaces. */
export async function startExampleStage(
  programs: KubernetesPrograms,
  examples: readonly Example[],
): Promise<ExampleStage> {
  await using resources = new AsyncDisposableStack();
  const review = resources.use(await startReviewStage({ images: putExampleImages }));
  // Without controllers, so that the examples' workloads create no Pods.
  const { etcd, kubectl: program, 'kube-apiserver': apiServer } = programs;
  const kubernetes = resources.use(
    await startKubernetesServer({ etcd, kubectl: program, 'kube-apiserver': apiServer }),
  );
  const { kubectl } = kubernetes;
  const base = await renderManifests(kubectl, 'base');
  const rest = base.filter((object) => !isWebhookConfiguration(object));
  await must(apply(kubectl, rest, ['--server-side']));
  await createExampleCluster(kubectl, examples);
  const webhooks = base.filter(isWebhookConfiguration);
  const configurations = [...new Set(examples.map(({ configuration }) => configuration))];
  await Promise.all(
    configurations.map(async (configuration) => {
      const wasmgate = resources.use(await start(kubernetes, configuration, review.host));
      const pointed = webhooks.map((webhook) => pointAt(webhook, configuration, wasmgate));
      await must(apply(kubectl, pointed, ['--server-side']));
      await waitUntilAsked(kubectl, configuration, review.host);
    }),
  );
  const owned = resources.move();
  return { kubectl, review, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function isWebhookConfiguration(object: KubernetesObject): object is WebhookConfiguration {
  return object.kind.endsWith('WebhookConfiguration');
}

function start(kubernetes: KubernetesServer, name: string, host: string): Promise<WasmgateProgram> {
  const registry = { plainHttp: [host], allowAddresses: ['127.0.0.1/32'] };
  const configuration = { ...EXAMPLE_CONFIGURATIONS[name], registry };
  return startWasmgate(kubernetes, { name, configuration, certificates: 'development' });
}

/** Returns a copy under another name that selects the configuration's namespaces only. */
function pointAt(
  { webhooks, ...object }: WebhookConfiguration,
  configuration: string,
  { port, caBundle }: WasmgateProgram,
): object {
  const isMutating = object.kind.startsWith('Mutating');
  const selected = [
    { key: ASKS_LABEL, operator: 'In', values: [configuration] },
    ...(isMutating ? [{ key: UNCHANGED_LABEL, operator: 'DoesNotExist' }] : []),
  ];
  return {
    ...object,
    metadata: { ...object.metadata, name: `${object.metadata.name}-${configuration}` },
    webhooks: webhooks.map(({ clientConfig, namespaceSelector, ...webhook }) => ({
      ...webhook,
      clientConfig: { url: `https://127.0.0.1:${port}${clientConfig.service.path}`, caBundle },
      namespaceSelector: { matchExpressions: [...namespaceSelector.matchExpressions, ...selected] },
    })),
  };
}

async function waitUntilAsked(kubectl: Kubectl, configuration: string, host: string): Promise<void> {
  const create = ['create', '--dry-run=server', '-f', '-'];
  const ask = (image: string, spec: object, output: string) => {
    const containers = [
      { name: 'app', image: withRegistry(`registry.example.com/examples/${image}:1`, host) },
    ];
    const probe = pod('probe', namespaceFor(configuration), { spec: { ...spec, containers } });
    return kubectl([...create, `-o=${output}`], { stdin: JSON.stringify(probe) });
  };
  await waitForWebhooks(async () => {
    const changed = await ask('module', {}, 'jsonpath={.spec.runtimeClassName}');
    const output = await ask('spin-app', { runtimeClassName: 'wasmtime' }, 'name');
    return changed.stdout !== '' && output.stderr.includes('wasmgate/handler-cannot-run-image');
  });
}
