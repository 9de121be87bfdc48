import { createConfigurationReader } from '../../../src/config/configuration-reader.ts';
import { detectWasm } from '../../../src/detect/detect-wasm.ts';
import { commandKey } from '../../../src/detect/effective-command.ts';
import type { UnknownReason, Verdict } from '../../../src/detect/verdict.ts';
import type { ImageFacts } from '../../../src/image/image-facts.ts';
import { createClusterView } from '../../../src/kubernetes/cluster.ts';
import { AppError } from '../../../src/lib/errors.ts';
import { oncePer } from '../../../src/lib/once-per.ts';
import type {
  ClusterNode,
  LimitRange,
  LimitRangeItem,
  RuntimeClass,
} from '../../../src/pod/cluster-objects.ts';
import type { Container, Pod, PodSpec } from '../../../src/pod/pod.ts';
import { readPod } from '../../../src/pod/pod.ts';
import { visitContainers } from '../../../src/pod/visit-containers.ts';
import type { AssessedContainer, ClusterView, PodFacts } from '../../../src/policy/facts.ts';
import { policySettings, type PolicySettings } from '../../../src/policy/settings.ts';
import { imageFacts, type ImageSketch } from '../image/image-facts.ts';

export function runtimeClass(name: string, parts: Partial<RuntimeClass> = {}): RuntimeClass {
  return { name, handler: name, overhead: null, nodeSelector: null, tolerations: null, ...parts };
}

export function node(name: string, parts: Partial<ClusterNode> = {}): ClusterNode {
  return {
    name,
    labels: {},
    taints: [],
    unschedulable: false,
    architecture: 'amd64',
    handlers: null,
    runtimeVersion: 'containerd://2.2.9',
    cpuCapacity: '4',
    ...parts,
  };
}

/** A LimitRange without limits, unless it has items. */
export function limitRange(name: string, ...items: readonly Partial<LimitRangeItem>[]): LimitRange {
  const unset = { min: null, max: null, default: null, defaultRequest: null, maxLimitRequestRatio: null };
  return {
    name,
    namespace: 'default',
    limits: items.map((item) => ({ type: 'Container', ...unset, ...item })),
  };
}

export function cluster(
  classes: readonly RuntimeClass[],
  nodes: readonly ClusterNode[] = [],
  limitRanges: readonly LimitRange[] = [],
): ClusterView {
  return createClusterView(classes, nodes, limitRanges);
}

/** Returns the configuration file's defaults with these keys on top. */
export function settings(over: Partial<PolicySettings> = {}): PolicySettings {
  return { ...createConfigurationReader({ policy: policySettings }).defaults().policy, ...over };
}

/** What an image is, or why it is unknown. */
export type Known = ImageSketch | ImageFacts | UnknownReason;

/** Facts about an image and its verdicts are shared by all containers, as in the product. */
const factsOf = oncePer((known: ImageSketch | ImageFacts): ImageFacts =>
  'variants' in known ? known : imageFacts(known),
);
const verdictsOf = oncePer((_facts: ImageFacts) => new Map<string, Verdict>());

function verdictOf(facts: ImageFacts, container: Container): Verdict {
  const key = commandKey(container);
  const verdict = verdictsOf(facts).get(key) ?? detectWasm(facts, container);
  verdictsOf(facts).set(key, verdict);
  return verdict;
}

function assess(subject: Pod, images: Readonly<Record<string, Known>>): readonly AssessedContainer[] {
  return visitContainers(subject.spec).map((visited): AssessedContainer => {
    const image = visited.container.image ?? '';
    const known = images[image];
    if (known === undefined)
      throw new AppError('no-image', `Cannot assess "${image}": the test says nothing of it`);
    if (typeof known === 'string') {
      const verdict: Verdict = {
        kind: 'unknown',
        reason: known,
        detail: `${image}: ${known}`,
        advice: null,
        evidence: [],
      };
      return { ...visited, image, verdict, facts: null, isSkipped: false };
    }
    const facts = factsOf(known);
    return { ...visited, image, verdict: verdictOf(facts, visited.container), facts, isSkipped: false };
  });
}

export interface PodSketch {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly containers?: readonly Partial<Container>[];
  readonly init?: readonly Partial<Container>[];
  readonly spec?: Partial<PodSpec>;
}

/** Returns a Pod whose containers are named c0, c1 … unless they have a name. */
export function pod({ annotations, containers = [{ image: 'app' }], init, spec = {} }: PodSketch = {}): Pod {
  return readPod({
    metadata: { name: 'p', namespace: 'default', ...(annotations === undefined ? {} : { annotations }) },
    spec: {
      ...(init === undefined
        ? {}
        : { initContainers: init.map((part, index) => ({ name: `i${index}`, ...part })) }),
      containers: containers.map((part, index) => ({ name: `c${index}`, ...part })),
      ...spec,
    },
  });
}

export function podFacts(
  subject: Pod,
  images: Readonly<Record<string, Known>>,
  view: ClusterView,
  parts: Partial<PodFacts> = {},
): PodFacts {
  return {
    isMutated: false,
    pod: subject,
    containers: assess(subject, images),
    cluster: view,
    namespaceLabels: {},
    limitRanges: [],
    ...parts,
  };
}
