import { detectWasm } from '../../src/detect/detect-wasm.ts';
import type { ImageFacts } from '../../src/image/image-facts.ts';
import type { ClusterNode, LimitRange } from '../../src/pod/cluster-objects.ts';
import type { Container, Pod, ResourceRequirements } from '../../src/pod/pod.ts';
import { visitContainers } from '../../src/pod/visit-containers.ts';
import type { Change, Finding } from '../../src/policy/decision.ts';
import type { AssessedContainer } from '../../src/policy/facts.ts';
import { BUILT_IN } from '../../src/policy/handlers/handler-table.ts';
import { planResources } from '../../src/policy/resources/plan-resources.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';
import { imageFacts, linux, RUNWASI_LAYER, TAR_LAYER } from '../support/image/image-facts.ts';
import { limitRange } from '../support/pod/pods.ts';

export type Settings = PolicySettings['resources'];

const STANDARD: Settings = { tier: 'standard', cpuLimit: true };

export function tarImage(megabytes: number): ImageFacts {
  return imageFacts({
    ...linux('/app.wasm'),
    layers: [{ mediaType: TAR_LAYER, size: megabytes * 1_000_000 }],
  });
}

export function layerImage(megabytes: number): ImageFacts {
  const mediaType = 'application/vnd.bytecodealliance.wasm.component.layer.v0+wasm';
  return imageFacts({ ...RUNWASI_LAYER, layers: [{ mediaType, size: megabytes * 1_000_000 }] });
}

export const LINUX = imageFacts(linux('/bin/server'));
export const SMALL = tarImage(0.01);
/** Go's hello, which needs more than tier standard has. */
export const GO = tarImage(0.75);
export const HUGE = tarImage(6);

export interface Sketch {
  readonly image: ImageFacts;
  readonly resources?: ResourceRequirements;
  readonly kind?: 'init' | 'sidecar' | 'main' | 'ephemeral';
}

export interface PodSketch {
  readonly resources?: ResourceRequirements;
  /** Clauses of the LimitRanger annotation. */
  readonly defaulted?: string;
}

function container({ resources, kind }: Sketch, index: number): Container {
  return {
    name: `c${index}`,
    ...(resources === undefined ? {} : { resources }),
    ...(kind === 'sidecar' ? { restartPolicy: 'Always' } : {}),
  };
}

const FIELDS = {
  main: 'containers',
  init: 'initContainers',
  sidecar: 'initContainers',
  ephemeral: 'ephemeralContainers',
} as const;

/** Names containers by position: c0, c1 … */
export function podOf(sketches: readonly Sketch[], { resources, defaulted }: PodSketch = {}): Pod {
  const spec: Record<string, Container[]> = { containers: [] };
  for (const [index, sketch] of sketches.entries())
    (spec[FIELDS[sketch.kind ?? 'main']] ??= []).push(container(sketch, index));
  const annotations =
    defaulted === undefined ? {} : { 'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${defaulted}` };
  return {
    metadata: { annotations },
    spec: { containers: [], ...spec, ...(resources === undefined ? {} : { resources }) },
  };
}

export function assessed(pod: Pod, sketches: readonly Sketch[]): readonly AssessedContainer[] {
  return visitContainers(pod.spec).map((visited) => {
    const facts = sketches[Number(visited.container.name.slice(1))]?.image ?? LINUX;
    return { ...visited, image: 'registry.example/app', verdict: detectWasm(facts), facts, isSkipped: false };
  });
}

export interface Surroundings {
  readonly handler?: string;
  readonly settings?: Settings;
  readonly cores?: string | null;
  /** A Pod with defaults is from a namespace with a LimitRange. */
  readonly limitRanges?: readonly LimitRange[];
}

export interface Planned {
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
}

export function plan(
  pod: Pod,
  sketches: readonly Sketch[],
  {
    handler = 'crun',
    settings = STANDARD,
    cores = '4',
    limitRanges = [limitRange('plain')],
  }: Surroundings = {},
): Planned {
  const node: ClusterNode = {
    name: 'node',
    labels: {},
    taints: [],
    unschedulable: false,
    architecture: 'amd64',
    handlers: null,
    runtimeVersion: '',
    cpuCapacity: cores,
  };
  const nodes = cores === null ? [] : [node];
  const { findings, changes } = planResources({
    pod,
    containers: assessed(pod, sketches),
    limitRanges,
    wasm: { profile: BUILT_IN.profileOf(handler), settings, nodes },
    linux: null,
  });
  return { findings, changes: changes() };
}
