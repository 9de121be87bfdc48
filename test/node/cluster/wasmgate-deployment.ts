import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { stringify } from 'yaml';
import { MANIFESTS, renderManifests } from '../../support/e2e/install.ts';
import { apply, type Kubectl, must } from '../../support/kubernetes/kubectl.ts';
import { run } from '../../support/lib/processes.ts';
import { nodeImage } from '../images/push-node-images.ts';
import { waitForNode } from './node-processes.ts';
import { EXTRA_REGISTRIES, REGISTRY, REGISTRY_FOR_PODS, STATE_FOLDER } from './node-settings.ts';

const OVERLAY = join(STATE_FOLDER, 'overlay');
const ROLLOUT_SECONDS = 180;
/** What starts wasmgate's Pods and calls them. */
const SERVERS = ['kubelet', 'containerd', 'kube-apiserver', 'forwarder'] as const;

/** On the node, images of the registry are at loopback; in a Pod that is the Pod itself. */
const CONFIGURATION = {
  apiVersion: 'wasmgate.dev/v1alpha1',
  kind: 'Configuration',
  registry: {
    mirrors: { [REGISTRY]: [`http://${REGISTRY_FOR_PODS}`] },
    plainHttp: EXTRA_REGISTRIES,
  },
};

/** Pushes the image of a layout, and returns its digest. */
export async function pushWasmgateImage(crane: string, layout: string): Promise<string> {
  const env = { PATH: process.env['PATH'], DOCKER_CONFIG: join(STATE_FOLDER, 'docker') };
  const pushed = await must(run(crane, ['push', '--insecure', layout, `${REGISTRY}/wasmgate:dev`], { env }));
  const [, digest] = pushed.trim().split('@');
  if (digest === undefined) throw new Error(`crane printed no digest: ${pushed}`);
  return digest;
}

/**
 * Installs wasmgate as its manual says, by an overlay of manifests/base that names the image; resolves when its Pods are Ready.
 * Namespaces with the label wasmgate.dev/fail-closed=true get no Pods without it.
 */
export async function deployWasmgate(kubectl: Kubectl, digest: string): Promise<void> {
  await mkdir(OVERLAY, { recursive: true });
  await writeFile(join(OVERLAY, 'configuration.yaml'), stringify(CONFIGURATION));
  await writeFile(join(OVERLAY, 'kustomization.yaml'), stringify(kustomization(digest)));
  // Tests change replicas and selectors: a run that was interrupted on a kept node leaves fields with other managers.
  const install = ['apply', '--server-side', '--force-conflicts', '--validate=strict', '-k', OVERLAY];
  await must(kubectl(install));
  const rollout = ['rollout', 'status', 'deployment/wasmgate', '-n', 'wasmgate-system', '--timeout=1s'];
  const isReady = async (): Promise<boolean> => (await kubectl(rollout)).code === 0;
  try {
    await waitForNode(isReady, { what: 'wasmgate to be Ready', seconds: ROLLOUT_SECONDS, servers: SERVERS });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${await describePods(kubectl)}`, { cause: error });
  }
  await waitForWebhook(kubectl);
}

/** Says why Pods of wasmgate are not Ready. */
async function describePods(kubectl: Kubectl): Promise<string> {
  const pods = await kubectl(['get', 'pods', '-o', 'wide', '-n', 'wasmgate-system']);
  const events = await kubectl(['get', 'events', '-n', 'wasmgate-system', '--sort-by=.lastTimestamp']);
  const logs = await kubectl(['logs', 'deployment/wasmgate', '-n', 'wasmgate-system', '--tail=10']);
  return [pods.stdout, ...events.stdout.trimEnd().split('\n').slice(-10), logs.stdout, logs.stderr].join(
    '\n',
  );
}

/** Resolves when the API server calls wasmgate, which it begins about a second after it has the configuration. */
async function waitForWebhook(kubectl: Kubectl): Promise<void> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'probe', namespace: 'default' },
    spec: { containers: [{ name: 'app', image: nodeImage(REGISTRY, 'layer-module') }] },
  };
  const changed = async (): Promise<boolean> => {
    const create = ['create', '--dry-run=server', '-o', 'jsonpath={.spec.runtimeClassName}', '-f', '-'];
    const { stdout } = await kubectl(create, { stdin: JSON.stringify(pod) });
    return stdout !== '';
  };
  await waitForNode(changed, { what: 'wasmgate to set a RuntimeClass', seconds: 60, servers: SERVERS });
}

function kustomization(digest: string): object {
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [relative(OVERLAY, join(MANIFESTS, 'base'))],
    components: [relative(OVERLAY, join(MANIFESTS, 'components', 'fail-closed'))],
    images: [{ name: 'ghcr.io/wasmgate/wasmgate', newName: `${REGISTRY}/wasmgate`, digest }],
    configMapGenerator: [
      {
        name: 'wasmgate-configuration',
        namespace: 'wasmgate-system',
        behavior: 'replace',
        files: ['configuration.yaml'],
        options: { disableNameSuffixHash: true },
      },
    ],
  };
}

/** Applies the RuntimeClasses that are shipped, except for those that this node has no handler for. */
export async function applyRuntimeClasses(kubectl: Kubectl, handlers: readonly string[]): Promise<void> {
  const classes = (await renderManifests(kubectl, 'runtime-classes')) as readonly RuntimeClass[];
  const usable = classes.filter(({ handler }) => handlers.includes(handler));
  await must(apply(kubectl, usable, ['--server-side']));
}

interface RuntimeClass {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly handler: string;
}
