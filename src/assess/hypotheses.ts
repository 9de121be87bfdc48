import { oncePer } from '../lib/once-per.ts';
import type { ClusterNode, LimitRange, RuntimeClass } from '../pod/cluster-objects.ts';
import { LINUX_REQUESTS_LABEL } from '../pod/names.ts';
import type { ClusterView, PodFacts } from '../policy/facts.ts';
import type { ClusterFact } from './ports.ts';

/** What a cluster may be like, as far as it could not be read. */
type Hypothesis = (facts: PodFacts) => PodFacts;

const PLAIN_NODE: ClusterNode = {
  name: 'unknown',
  labels: {},
  taints: [],
  unschedulable: false,
  architecture: 'amd64',
  handlers: ['runc'],
  runtimeVersion: 'containerd://2.2.0',
  cpuCapacity: null,
};

/** A taint that no Pod tolerates by name. */
const TAINT = { key: 'wasmgate.dev/unknown', effect: 'NoSchedule' };

/** Nodes that have no class's handler, for findings about nodes that an operator may deny. */
const BARE_NODES: readonly ClusterNode[] = [
  PLAIN_NODE,
  { ...PLAIN_NODE, taints: [TAINT] },
  { ...PLAIN_NODE, architecture: 's390x' },
];

/** As many as a Pod is tried with (choose-class.ts). */
const MAX_CLASSES = 32;

function nodeOf({ handler, nodeSelector }: RuntimeClass): ClusterNode {
  return { ...PLAIN_NODE, labels: nodeSelector ?? {}, handlers: ['runc', handler] };
}

/**
 * Returns nodes that make a difference to which class is best: each class alone has nodes, or crun is the default runtime, so that
 * some Pods need no class.
 */
function nodesFor(classes: readonly RuntimeClass[]): readonly ClusterNode[] {
  const handlers = classes.map(({ handler }) => handler).filter((handler) => handler !== 'runc');
  const crun = { ...PLAIN_NODE, handlers: ['crun', ...handlers], runtimeVersion: 'cri-o://1.34.0' };
  return [...classes.map(nodeOf), crun];
}

/** Computed once for a view: what is derived from a view is kept with it. */
const viewsByNodes = oncePer((view: ClusterView): readonly ClusterView[] =>
  [...nodesFor(view.runtimeClasses.slice(0, MAX_CLASSES)), ...BARE_NODES].map((node) =>
    Object.freeze({ ...view, nodes: [node], architectures: [node.architecture] }),
  ),
);

const LIMITS = { name: 'unknown', namespace: '' };

/** Limits below what any Wasm container needs, and above what any tier gives. */
const LIMIT_RANGES: readonly LimitRange[] = [
  { max: { cpu: '1m', memory: '1Mi' }, min: null },
  { max: null, min: { cpu: '64', memory: '64Gi' } },
].map((bounds) => ({
  ...LIMITS,
  limits: [{ type: 'Container', ...bounds, default: null, defaultRequest: null, maxLimitRequestRatio: null }],
}));

const HYPOTHESES: Partial<Record<ClusterFact, (view: ClusterView) => readonly Hypothesis[]>> = {
  nodes: (view) => viewsByNodes(view).map((cluster) => (facts) => ({ ...facts, cluster })),
  'limit-ranges': () => LIMIT_RANGES.map((range) => (facts) => ({ ...facts, limitRanges: [range] })),
  // A tier's label matters only if there are changes, and then the mode's label matters, too.
  namespaces: () => [(facts) => ({ ...facts, namespaceLabels: { [LINUX_REQUESTS_LABEL]: 'true' } })],
};

/** Returns variants of a Pod's facts, each of which may be the true one if this fact is unknown. */
export function variantsOf(facts: PodFacts, fact: ClusterFact): readonly PodFacts[] {
  return (HYPOTHESES[fact]?.(facts.cluster) ?? []).map((suppose) => suppose(facts));
}
