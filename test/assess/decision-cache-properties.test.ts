import { expect, test } from 'vitest';
import { assessResult } from '../../src/assess/assess-container.ts';
import { createDecisionCache, type DecisionInput } from '../../src/assess/decision-cache.ts';
import { visitContainers } from '../../src/pod/visit-containers.ts';
import type { Decision } from '../../src/policy/decision.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import type { PodFacts } from '../../src/policy/facts.ts';
import { FINDING_IDS, type FindingId } from '../../src/policy/finding-catalog.ts';
import { applyMode, type Outcome } from '../../src/policy/mode.ts';
import { imageFacts, linux, SPIN_APP, TAR_LAYER, wasi } from '../support/image/image-facts.ts';
import { fc } from '../support/lib/properties.ts';
import { cluster, limitRange, node, pod, runtimeClass, settings } from '../support/pod/pods.ts';

const IMAGES = {
  server: imageFacts(linux('/server')),
  app: imageFacts(wasi('/app.wasm')),
  go: imageFacts({
    ...linux('/app.wasm'),
    contents: { '/app.wasm': 'module' },
    layers: [{ mediaType: TAR_LAYER, size: 750_000 }],
  }),
  spin: imageFacts(SPIN_APP),
};
/** What the same tag may stand for a minute later. */
const RENEWED = { ...IMAGES, app: imageFacts(wasi('/other.wat')) };

const toleration = { key: 'workload', operator: 'Exists' } as const;
const taint = { key: 'workload', value: 'wasm', effect: 'NoSchedule' };
const CLASSES = [
  runtimeClass('crun'),
  runtimeClass('crun-wasm'),
  runtimeClass('spin', { tolerations: [toleration] }),
  runtimeClass('wasmtime', { nodeSelector: { zone: 'a' }, overhead: { memory: '32Mi' } }),
];
const VIEWS = [
  cluster(CLASSES, [
    node('n1', { handlers: ['crun', 'wasmtime'], labels: { zone: 'a' } }),
    node('n2', { handlers: ['crun-wasm', 'spin'], labels: { zone: 'b' }, taints: [taint] }),
  ]),
  cluster(CLASSES.slice(1)),
];
const LIMITS = [
  [],
  [limitRange('small', { max: { memory: '32Mi', cpu: '100m' } })],
  [limitRange('ratio', { maxLimitRequestRatio: { cpu: '1' } })],
];
const SETTINGS = settings({
  resources: { ...settings().resources, linuxRequests: { cpu: '10m', memory: '9Mi' } },
});

const exec = { exec: { command: ['true'] } };
const quantities = fc.constantFrom(
  undefined,
  { limits: { memory: '16Mi' } },
  { limits: { memory: '1Gi', cpu: '50m' } },
);
const bound = (name: string) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }],
    },
  },
});

/** Everything in which two Pods may differ; `undefined` means absent. */
const TRAITS = {
  // Irrelevant to decisions.
  name: fc.constantFrom('one', 'other'),
  labels: fc.constantFrom(undefined, { 'pod-template-hash': 'x' }),
  environment: fc.constantFrom([], [{ name: 'A', value: 'b' }]),
  stale: fc.constantFrom(null, { since: 1, reason: 'timeout' as const }),
  namespace: fc.constantFrom('default', 'team-a'),
  // From the Pod.
  variant: fc.constantFrom(undefined, 'compat', 'compat-smart', 'compat-smrt'),
  ociHandler: fc.constantFrom(undefined, 'wasm', 'wasmtime'),
  tier: fc.constantFrom(undefined, 'small', 'nonsense'),
  chosen: fc.constantFrom(undefined, 'crun-wasm'),
  defaulted: fc.constantFrom(undefined, 'LimitRanger plugin set: cpu, memory limit for container c0'),
  owner: fc.constantFrom('Job', 'DaemonSet'),
  runtimeClassName: fc.constantFrom(undefined, null, 'crun', 'crun-wasm', 'wasmtime', 'spin', 'nope'),
  nodeSelector: fc.constantFrom(undefined, null, { zone: 'a' }, { zone: 'b' }),
  tolerations: fc.constantFrom(undefined, [], [toleration]),
  overhead: fc.constantFrom(undefined, { memory: '32Mi' }, { memory: '1Mi' }),
  hostUsers: fc.constantFrom(undefined, true, false),
  restartPolicy: fc.constantFrom(undefined, 'Never', 'Always'),
  affinity: fc.constantFrom(undefined, bound('n1'), bound('n2')),
  podResources: fc.constantFrom(undefined, { limits: { memory: '20Mi' } }),
  // From its containers.
  image: fc.constantFrom('app', 'go', 'spin'),
  command: fc.constantFrom(undefined, ['/'], ['/server'], ['/app.wasm']),
  args: fc.constantFrom(undefined, ['/hello.wat']),
  mountPath: fc.constantFrom('/data', '/app.wasm'),
  tty: fc.constantFrom(undefined, true),
  livenessProbe: fc.constantFrom(undefined, null, exec),
  readinessProbe: fc.constantFrom(undefined, exec),
  startupProbe: fc.constantFrom(undefined, exec),
  lifecycle: fc.constantFrom(undefined, { preStop: exec }),
  securityContext: fc.constantFrom(undefined, { readOnlyRootFilesystem: true }),
  resources: quantities,
  sidecar: fc.constantFrom(undefined, 'server', 'go'),
  sidecarResources: quantities,
  isInit: fc.boolean(),
  sidecarRestart: fc.constantFrom(undefined, 'Always'),
  // From its environment.
  isRenewed: fc.boolean(),
  view: fc.constantFrom(...VIEWS),
  limitRanges: fc.constantFrom(...LIMITS),
  namespaceTier: fc.constantFrom(undefined, 'small', 'large'),
  linuxRequests: fc.constantFrom(undefined, 'true'),
  exceptions: fc.constantFrom(new Set<FindingId>(), new Set<FindingId>(FINDING_IDS)),
  isMutated: fc.boolean(),
  hasStaleClasses: fc.boolean(),
  isJustKnown: fc.boolean(),
  mode: fc.constantFrom('enforce' as const, 'warn' as const, 'audit' as const),
};
const traits = fc.record(TRAITS);
type Traits = typeof traits extends fc.Arbitrary<infer Value> ? Value : never;
type Trait = keyof Traits;

/** Traits that do not affect the decision. */
const OF_NO_DECISION: ReadonlySet<Trait> = new Set([
  'name',
  'labels',
  'environment',
  'stale',
  'namespace',
] as const);
const NAMES = Object.keys(TRAITS) as Trait[];

type Present<Fields> = { readonly [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

function present<Fields extends object>(fields: Fields): Present<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Present<Fields>;
}

function podOf(of: Traits) {
  const { name, labels, environment, mountPath, sidecar, sidecarResources, sidecarRestart, isInit, owner } =
    of;
  const { image, command, args, tty, livenessProbe, readinessProbe, startupProbe, lifecycle } = of;
  const { securityContext, resources, podResources, nodeSelector, tolerations, overhead } = of;
  const { runtimeClassName, hostUsers, restartPolicy, affinity } = of;
  const probes = { livenessProbe, readinessProbe, startupProbe, lifecycle, securityContext };
  const unread: object = { env: environment };
  const main = present({ image, command, args, tty, resources, ...probes });
  const others =
    sidecar === undefined
      ? []
      : [present({ name: 's', image: sidecar, resources: sidecarResources, restartPolicy: sidecarRestart })];
  const written = pod({
    annotations: present({
      'module.wasm.image/variant': of.variant,
      'run.oci.handler': of.ociHandler,
      'wasmgate.dev/resource-tier': of.tier,
      'wasmgate.dev/runtime-class-chosen': of.chosen,
      'kubernetes.io/limit-ranger': of.defaulted,
    }),
    containers: [{ ...main, volumeMounts: [{ mountPath }], ...unread }, ...(isInit ? [] : others)],
    ...(isInit ? { init: others } : {}),
    spec: present({
      runtimeClassName,
      nodeSelector,
      tolerations,
      overhead,
      hostUsers,
      restartPolicy,
      affinity,
      resources: podResources,
    }),
  });
  const metadata = {
    ...written.metadata,
    name,
    ...present({ labels }),
    ownerReferences: [{ kind: owner, name: 'o' }],
  };
  return { ...written, metadata };
}

function caseOf(of: Traits): DecisionInput {
  const subject = podOf(of);
  const images = of.isRenewed ? RENEWED : IMAGES;
  // Listed one by one: a new fact does not compile until the key covers it.
  const facts: Required<Omit<PodFacts, 'previous'>> = {
    pod: subject,
    containers: visitContainers(subject.spec).map((visited) =>
      assessResult(visited, {
        kind: 'facts',
        facts: images[visited.container.image as keyof typeof IMAGES],
        stale: of.stale,
        knownSince: 0,
      }),
    ),
    cluster: of.view,
    limitRanges: of.limitRanges,
    namespaceLabels: present({
      'kubernetes.io/metadata.name': of.namespace,
      'wasmgate.dev/resource-tier': of.namespaceTier,
      'wasmgate.dev/linux-requests': of.linuxRequests,
    }),
    exceptions: of.exceptions,
    isMutated: of.isMutated,
    hasStaleClasses: of.hasStaleClasses,
    isJustKnown: of.isJustKnown,
  };
  return { facts, mode: of.mode };
}

function judge({ facts, mode }: DecisionInput): { decision: Decision; outcome: Outcome } {
  const decision = evaluate(facts, SETTINGS);
  return { decision, outcome: applyMode(decision, mode) };
}

/** Two inputs that differ in this trait alone, if at all. */
function pairsIn(trait: Trait): fc.Arbitrary<readonly [Traits, Traits]> {
  return fc
    .tuple(traits, TRAITS[trait] as fc.Arbitrary<unknown>)
    .map(([one, value]) => [one, { ...one, [trait]: value }]);
}

const pairs = fc.constantFrom(...NAMES).chain(pairsIn);

test('inputs that share a cached decision get equal decisions', () => {
  let alike = 0;
  fc.assert(
    fc.property(pairs, ([one, other]) => {
      const [first, second] = [caseOf(one), caseOf(other)];
      const decisions = createDecisionCache();
      decisions.get(first);
      decisions.set(first, judge(first));
      const found = decisions.get(second);
      if (found === undefined) return;
      alike += 1;
      expect(found).toEqual(judge(second));
    }),
    { numRuns: 4000 },
  );
  expect(alike).toBeGreaterThan(1000);
});

test.each(NAMES.filter((name) => !OF_NO_DECISION.has(name)))(
  'the property fails if the key ignores %s',
  (name) => {
    const differs = ([one, other]: readonly [Traits, Traits]): boolean =>
      JSON.stringify(judge(caseOf(one))) !== JSON.stringify(judge(caseOf(other)));
    expect(fc.sample(pairsIn(name), 1000).some(differs)).toBe(true);
  },
);
