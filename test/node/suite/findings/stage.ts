import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../../support/lib/processes.ts';
import { nodeImage } from '../../images/push-node-images.ts';
import { type NodeApi, openNodeApi } from '../node-api.ts';
import type { CaseContainer, CasePod, NamespacePair } from './node-case.ts';
import {
  LIMIT_RANGE,
  OTHER_NODE,
  otherNode,
  otherNodeStatus,
  stageClasses,
  UNCHANGED_LABEL,
} from './stage-objects.ts';

const PAIRS: readonly NamespacePair[] = ['plain', 'limited', 'unchanged'];
const MUTATING = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/wasmgate';

interface StageNode {
  readonly kubeconfig: string;
  /** `HOST:PORT` */
  readonly registry: string;
  readonly handlers: readonly string[];
}

export interface FindingStage extends AsyncDisposable {
  readonly api: NodeApi;
  /** The namespace with wasmgate, and the one without. */
  readonly judged: (pair: NamespacePair) => string;
  readonly unjudged: (pair: NamespacePair) => string;
  /** A Pod with the node's images. */
  readonly manifest: (name: string, pod: CasePod) => PodManifest;
}

export interface PodManifest {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
  readonly metadata: { readonly name: string; readonly annotations: Readonly<Record<string, string>> };
  readonly spec: CasePod['spec'];
}

function plural(kind: string): string {
  return kind === 'RuntimeClass' ? 'runtimeclasses' : `${kind.toLowerCase()}s`;
}

function collection({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): string {
  return `/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}/${plural(kind)}`;
}

interface NamedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** Creates an object of the cluster, in place of one that an interrupted run left. Returns its path. */
async function create(api: NodeApi, object: object): Promise<string> {
  const named = object as NamedObject;
  const path = `${collection(named)}/${named.metadata.name}`;
  await api.must({ path, method: 'DELETE' }, [404]);
  await api.must({ path: collection(named), method: 'POST', body: object });
  return path;
}

async function createNamespace(api: NodeApi, name: string, labels: object): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  await api.must({ path: '/api/v1/namespaces', method: 'POST', body });
  const path = `/api/v1/namespaces/${name}/serviceaccounts/default`;
  await waitFor(async () => (await api.ask({ path })).status === 200, {
    what: `the default ServiceAccount of ${name}`,
    seconds: 60,
  });
}

const EDIT_ATTEMPTS = 5;

interface Selector {
  matchExpressions?: object[];
}

/** Edits the namespaceSelectors of the mutating webhook. */
async function editSelectors(api: NodeApi, edit: (selector: Selector) => void): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { text } = await api.must({ path: MUTATING });
    const configuration = JSON.parse(text) as {
      readonly webhooks: readonly { namespaceSelector?: Selector }[];
    };
    for (const webhook of configuration.webhooks) edit((webhook.namespaceSelector ??= {}));
    // wasmgate itself writes its certificate authority there.
    const conflict = attempt < EDIT_ATTEMPTS ? [409] : [];
    const { status } = await api.must({ path: MUTATING, method: 'PUT', body: configuration }, conflict);
    if (status !== 409) return;
  }
}

const NOT_UNCHANGED = { key: UNCHANGED_LABEL, operator: 'DoesNotExist' };

function isOurs(expression: object): boolean {
  return 'key' in expression && expression.key === UNCHANGED_LABEL;
}

/** Leaves the namespaces with UNCHANGED_LABEL out of the mutating webhook, as if the API server could not reach it. */
async function suspendMutation(api: NodeApi): Promise<void> {
  await editSelectors(api, (selector) => {
    const others = (selector.matchExpressions ?? []).filter((expression) => !isOurs(expression));
    selector.matchExpressions = [...others, NOT_UNCHANGED];
  });
}

async function resumeMutation(api: NodeApi): Promise<void> {
  await editSelectors(api, (selector) => {
    selector.matchExpressions = (selector.matchExpressions ?? []).filter((expression) => !isOurs(expression));
  });
}

type Remove = (path: string) => void;

/** Adds RuntimeClasses and a second node to the cluster, and leaves the namespaces `unchanged` out of the mutating webhook. */
async function changeCluster(api: NodeApi, { handlers }: StageNode, remove: Remove): Promise<void> {
  for (const object of [...stageClasses(handlers), otherNode()]) remove(await create(api, object));
  await api.must({
    path: `/api/v1/nodes/${OTHER_NODE}/status`,
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    body: { status: otherNodeStatus() },
  });
  await suspendMutation(api);
}

type Names = Pick<FindingStage, 'judged' | 'unjudged'>;

async function createPair(
  api: NodeApi,
  pair: NamespacePair,
  { names, remove }: { names: Names; remove: Remove },
) {
  const own = pair === 'unchanged' ? { [UNCHANGED_LABEL]: 'true' } : {};
  const namespaces = {
    [names.judged(pair)]: { ...own, 'wasmgate.dev/fail-closed': 'true' },
    [names.unjudged(pair)]: { ...own, 'wasmgate.dev/mode': 'off' },
  };
  for (const [name, labels] of Object.entries(namespaces)) {
    await createNamespace(api, name, labels);
    remove(`/api/v1/namespaces/${name}`);
    const path = `/api/v1/namespaces/${name}/limitranges`;
    if (pair === 'limited') await api.must({ path, method: 'POST', body: LIMIT_RANGE });
  }
}

/**
 * Creates the namespaces.
 * @param pairs those that the tests use; with `plain` alone, the cluster itself stays as it is
 */
export async function openFindingStage(
  node: StageNode,
  pairs: readonly NamespacePair[] = PAIRS,
): Promise<FindingStage> {
  const api = await openNodeApi(node.kubeconfig);
  await using resources = new AsyncDisposableStack();
  const remove: Remove = (path) =>
    resources.defer(async () => {
      await api.must({ path, method: 'DELETE' }, [404, 409]);
    });
  if (pairs.length > 1) {
    resources.defer(() => resumeMutation(api));
    await changeCluster(api, node, remove);
  }
  const suffix = randomUUID().slice(0, 6);
  const names: Names = {
    judged: (pair) => `findings-${pair}-${suffix}`,
    unjudged: (pair) => `findings-${pair}-off-${suffix}`,
  };
  for (const pair of pairs) await createPair(api, pair, { names, remove });

  const withImages = (containers: readonly CaseContainer[]) =>
    containers.map((container) => ({ ...container, image: nodeImage(node.registry, container.image) }));
  const manifest: FindingStage['manifest'] = (name, { annotations = {}, spec }) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, annotations },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      ...spec,
      containers: withImages(spec.containers),
      initContainers: withImages(spec.initContainers ?? []),
    },
  });
  // Both replicas of wasmgate watch classes, nodes, namespaces and LimitRanges; the API server its webhook configurations.
  await sleep(SETTLING_MILLISECONDS);
  const owned = resources.move();
  return { api, ...names, manifest, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Watches deliver within milliseconds; the API server reads webhook configurations about once a second. */
const SETTLING_MILLISECONDS = 2500;
