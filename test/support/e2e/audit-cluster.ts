import type { ReviewOutcome } from '../../../src/audit/reported-item.ts';
import { apply, getJson, type Kubectl, must } from '../kubernetes/kubectl.ts';
import { namespace, waitForAccount } from '../kubernetes/objects.ts';
import { waitFor } from '../lib/processes.ts';

/** References of the images by what they are. */
export interface AuditImages {
  readonly linux: string;
  readonly module: string;
  readonly spin: string;
  /** That no registry has. */
  readonly missing: string;
}

/** A workload, and what an audit says about it. */
interface Expected {
  readonly outcome: ReviewOutcome;
  /** Pods that have not finished, and that an audit judges. */
  readonly running: number;
  readonly failing: number;
}

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

interface Workload {
  readonly namespace: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Without metadata. */
  readonly body: object;
  /** Its controller, which is created before. */
  readonly owner?: Owner;
  /** Null for what another row stands for. */
  readonly expected: Expected | null;
}

type PodSpec = Readonly<Record<string, unknown>>;

function containers(image: string): PodSpec {
  return { containers: [{ name: 'main', image }] };
}

function templateOf(spec: PodSpec): object {
  return { metadata: { labels: { app: 'test' } }, spec };
}

function withPods(spec: PodSpec, replicas?: number): object {
  const count = replicas === undefined ? {} : { replicas };
  return { spec: { ...count, selector: { matchLabels: { app: 'test' } }, template: templateOf(spec) } };
}

const ADMITTED = { outcome: 'admitted', running: 0, failing: 0 } as const;

function running(count: number): Expected {
  return { ...ADMITTED, running: count };
}

function failing(count: number): Expected {
  return { outcome: 'refused', running: count, failing: count };
}

function without(outcome: ReviewOutcome): Expected {
  return { ...ADMITTED, outcome };
}

function times(count: number, make: (index: number) => Workload): readonly Workload[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** Workloads of the kinds of Kubernetes itself. */
function ownKinds({ linux, module, spin, missing }: AuditImages): readonly Workload[] {
  const of = (apiVersion: string, kind: string, name: string, rest: Pick<Workload, 'body' | 'expected'>) => ({
    namespace: 'shop',
    apiVersion,
    kind,
    name,
    ...rest,
  });
  const deployment = (name: string, spec: PodSpec, [replicas, expected]: readonly [number, Expected]) =>
    of('apps/v1', 'Deployment', name, { body: withPods(spec, replicas), expected });
  const never = { restartPolicy: 'Never' };
  const job = (name: string, image: string, expected: Expected) =>
    of('batch/v1', 'Job', name, {
      body: { spec: { template: templateOf({ ...containers(image), ...never }) } },
      expected,
    });
  const cronJob = (name: string, image: string, expected: Expected) => {
    const template = templateOf({ ...containers(image), ...never });
    const body = { spec: { schedule: '0 3 1 1 *', suspend: true, jobTemplate: { spec: { template } } } };
    return of('batch/v1', 'CronJob', name, { body, expected });
  };
  const set = (kind: string, name: string, spec: PodSpec, rest: readonly [number | undefined, Expected]) =>
    of('apps/v1', kind, name, { body: withPods(spec, rest[0]), expected: rest[1] });
  const pod = (name: string, spec: PodSpec, expected: Expected) =>
    of('v1', 'Pod', name, { body: { spec }, expected });
  const wrong = { ...containers(spin), runtimeClassName: 'wasmtime' };
  return [
    ...times(6, (index) => deployment(`linux-${index}`, containers(linux), [1, running(1)])),
    ...times(2, (index) => deployment(`module-${index}`, containers(module), [0, without('changed')])),
    ...times(3, (index) => deployment(`outage-${index}`, containers(module), [3, failing(3)])),
    ...times(3, (index) => deployment(`wrong-${index}`, wrong, [0, without('refused')])),
    ...times(2, (index) =>
      deployment(`gone-${index}`, { ...containers(linux), runtimeClassName: 'gone' }, [
        1,
        without('refused'),
      ]),
    ),
    ...times(3, (index) => deployment(`unknown-${index}`, containers(missing), [0, without('undecided')])),
    ...times(2, (index) => set('StatefulSet', `linux-${index}`, containers(linux), [1, running(1)])),
    set('StatefulSet', 'module', containers(module), [1, failing(1)]),
    set('StatefulSet', 'wrong', wrong, [0, without('refused')]),
    ...times(2, (index) => set('DaemonSet', `linux-${index}`, containers(linux), [undefined, running(1)])),
    set('DaemonSet', 'module', containers(module), [undefined, failing(1)]),
    job('linux-0', linux, running(1)),
    job('linux-1', linux, running(1)),
    job('module', module, failing(1)),
    cronJob('with-job', linux, running(1)),
    {
      ...job('of-cron', linux, ADMITTED),
      owner: { apiVersion: 'batch/v1', kind: 'CronJob', name: 'with-job' },
      expected: null,
    },
    cronJob('linux-0', linux, ADMITTED),
    cronJob('linux-1', linux, ADMITTED),
    cronJob('module', module, without('changed')),
    set('ReplicaSet', 'linux', containers(linux), [1, running(1)]),
    of('v1', 'ReplicationController', 'linux', {
      body: { spec: { replicas: 0, selector: { app: 'test' }, template: templateOf(containers(linux)) } },
      expected: ADMITTED,
    }),
    of('v1', 'PodTemplate', 'module', {
      body: { template: templateOf(containers(module)) },
      expected: without('changed'),
    }),
    pod('linux-0', containers(linux), running(1)),
    pod('linux-1', containers(linux), running(1)),
    pod('module', containers(module), failing(1)),
    pod('wrong', wrong, failing(1)),
    of('v1', 'ConfigMap', 'operator', { body: {}, expected: running(2) }),
    ...times(2, (index) => ({
      ...pod(`of-operator-${index}`, containers(linux), ADMITTED),
      owner: { apiVersion: 'v1', kind: 'ConfigMap', name: 'operator' },
      expected: null,
    })),
  ];
}

/** Workloads of kinds that others install, with what their controllers would make of them. */
function customKinds({ linux, module, spin }: AuditImages): readonly Workload[] {
  const of = (apiVersion: string, kind: string, rest: Pick<Workload, 'body' | 'expected'>): Workload => ({
    namespace: 'custom',
    apiVersion,
    kind,
    name: kind.toLowerCase(),
    ...rest,
  });
  const owned = (child: Workload, { apiVersion, kind, name }: Owner): Workload => ({
    ...child,
    owner: { apiVersion, kind, name },
    expected: null,
  });
  const rollout = of('argoproj.io/v1alpha1', 'Rollout', {
    body: withPods(containers(module), 1),
    expected: failing(1),
  });
  const service = of('serving.knative.dev/v1', 'Service', {
    body: { spec: { template: { spec: { containers: [{ image: linux }] } } } },
    expected: running(1),
  });
  const configuration = of('serving.knative.dev/v1', 'Configuration', { body: {}, expected: null });
  const revision = of('serving.knative.dev/v1', 'Revision', { body: {}, expected: null });
  const app = of('core.spinkube.dev/v1alpha1', 'SpinApp', {
    body: { spec: { image: spin, replicas: 0, executor: 'containerd-shim-spin' } },
    expected: without('changed'),
  });
  const spinSpec = { ...containers(spin), runtimeClassName: 'wasmtime-spin-v2' };
  const child = (kind: string, name: string, body: object): Workload => ({
    ...of('apps/v1', kind, { body, expected: null }),
    name,
  });
  const jobSpec = { template: templateOf({ ...containers(linux), restartPolicy: 'Never' }) };
  return [
    rollout,
    owned(child('ReplicaSet', 'rollout-1', withPods(containers(module), 1)), rollout),
    service,
    owned(configuration, service),
    owned(revision, configuration),
    owned(child('Deployment', 'revision-1', withPods(containers(linux), 1)), revision),
    app,
    owned(child('Deployment', 'spinapp', withPods(spinSpec, 0)), app),
    of('keda.sh/v1alpha1', 'ScaledJob', { body: { spec: { jobTargetRef: jobSpec } }, expected: ADMITTED }),
    of('apps.kruise.io/v1alpha1', 'CloneSet', {
      body: withPods(containers(module)),
      expected: without('changed'),
    }),
    of('apps.kruise.io/v1beta1', 'StatefulSet', { body: withPods(containers(linux)), expected: ADMITTED }),
    of('apps.kruise.io/v1beta1', 'DaemonSet', { body: withPods(containers(linux)), expected: ADMITTED }),
    of('apps.kruise.io/v1alpha1', 'AdvancedCronJob', {
      body: { spec: { template: { jobTemplate: { spec: jobSpec } } } },
      expected: ADMITTED,
    }),
    of('apps.kruise.io/v1alpha1', 'BroadcastJob', {
      body: { spec: { template: templateOf(containers(linux)) } },
      expected: ADMITTED,
    }),
  ];
}

/** Workloads of namespaces in another mode, and of those that wasmgate never judges. */
function otherModes({ linux, module, spin }: AuditImages): readonly Workload[] {
  const deployment = (
    inNamespace: string,
    name: string,
    spec: PodSpec,
    [replicas, expected]: readonly [number, Expected],
  ): Workload => ({
    namespace: inNamespace,
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name,
    body: withPods(spec, replicas),
    expected,
  });
  const skipped = without('skipped');
  const wrong = { ...containers(spin), runtimeClassName: 'wasmtime' };
  return [
    ...times(2, (index) => deployment('watched', `module-${index}`, containers(module), [0, ADMITTED])),
    deployment('watched', 'wrong', wrong, [0, ADMITTED]),
    ...times(3, (index) => deployment('switched-off', `linux-${index}`, containers(linux), [0, skipped])),
    ...times(2, (index) => deployment('switched-off', `module-${index}`, containers(module), [0, skipped])),
    deployment('kube-system', 'dns', containers(linux), [1, skipped]),
    { ...deployment('kube-system', 'proxy', containers(linux), [0, skipped]), kind: 'StatefulSet' },
  ];
}

const CUSTOM: readonly (readonly [group: string, version: string, kinds: readonly string[]])[] = [
  ['argoproj.io', 'v1alpha1', ['Rollout']],
  ['serving.knative.dev', 'v1', ['Service', 'Configuration', 'Revision']],
  ['core.spinkube.dev', 'v1alpha1', ['SpinApp']],
  ['keda.sh', 'v1alpha1', ['ScaledJob']],
  ['apps.kruise.io', 'v1alpha1', ['CloneSet', 'AdvancedCronJob', 'BroadcastJob']],
  ['apps.kruise.io', 'v1beta1', ['StatefulSet', 'DaemonSet']],
];

/** Kinds with the names of the real ones, whose objects may hold anything. */
function customDefinitions(): readonly object[] {
  const schema = {
    openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  };
  return CUSTOM.flatMap(([group, version, kinds]) =>
    kinds.map((kind) => {
      const singular = kind.toLowerCase();
      const plural = `${singular}s`;
      return {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: `${plural}.${group}` },
        spec: {
          group,
          names: { kind, plural, singular },
          scope: 'Namespaced',
          versions: [{ name: version, served: true, storage: true, schema }],
        },
      };
    }),
  );
}

interface Stored {
  readonly metadata: { readonly uid: string };
}

function fullName({ apiVersion, kind }: Owner): string {
  const [group = '', version] = apiVersion.split('/');
  return version === undefined ? kind : `${kind}.${version}.${group}`;
}

async function create(kubectl: Kubectl, workload: Workload): Promise<void> {
  const { namespace: inNamespace, apiVersion, kind, name, body, owner } = workload;
  const metadata: Record<string, unknown> = { name, namespace: inNamespace, labels: { workload: name } };
  if (owner !== undefined) {
    const { metadata: of } = await getJson<Stored>(kubectl, [fullName(owner), owner.name, '-n', inNamespace]);
    metadata['ownerReferences'] = [{ ...owner, uid: of.uid, controller: true }];
  }
  await must(apply(kubectl, [{ apiVersion, kind, metadata, ...body }]));
}

export interface AuditCluster {
  /** What an audit of the whole cluster says, by `namespace kind name`. */
  readonly expected: ReadonlyMap<string, Expected>;
}

/** Creates workloads of every kind, with every fault, and waits until controllers have made their Pods. */
export async function createAuditCluster(kubectl: Kubectl, images: AuditImages): Promise<AuditCluster> {
  const workloads = [...ownKinds(images), ...customKinds(images), ...otherModes(images)];
  await must(
    apply(kubectl, [
      namespace('shop'),
      namespace('custom'),
      namespace('watched', { 'wasmgate.dev/mode': 'audit' }),
      namespace('switched-off', { 'wasmgate.dev/mode': 'off' }),
      ...customDefinitions(),
    ]),
  );
  await must(kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all']));
  for (const name of ['shop', 'custom', 'kube-system']) await waitForAccount(kubectl, name);
  // The API server adds one to every new node, and the DaemonSet controller would make no Pods.
  await must(kubectl(['patch', 'node', 'wasm-node', '--type=merge', '-p={"spec":{"taints":null}}']));
  const free = workloads.filter(({ owner }) => owner === undefined);
  const objects = free.map(({ namespace: inNamespace, apiVersion, kind, name, body }) => {
    const metadata = { name, namespace: inNamespace, labels: { workload: name } };
    return { apiVersion, kind, metadata, ...body };
  });
  await must(apply(kubectl, objects));
  for (const workload of workloads) if (workload.owner !== undefined) await create(kubectl, workload);
  const rows = workloads.flatMap(({ namespace: inNamespace, kind, name, expected }) =>
    expected === null ? [] : [[`${inNamespace} ${kind} ${name}`, expected] as const],
  );
  // One more in kube-system, which no audit judges.
  const pods = rows.reduce((sum, [, expected]) => sum + expected.running, 1);
  const countPods = async (): Promise<number> =>
    (await getJson<{ readonly items: readonly object[] }>(kubectl, ['pods', '-A'])).items.length;
  await waitFor(async () => (await countPods()) === pods, { what: `${pods} Pods`, seconds: 120 });
  return { expected: new Map(rows) };
}
