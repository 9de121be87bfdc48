import { namesWatFile } from '../detect/effective-command.ts';
import type { UnknownReason, Verdict, WasmVerdict } from '../detect/verdict.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import { isForeignOs } from '../image/platform.ts';
import type { ClusterNode, LimitRange, RuntimeClass } from '../pod/cluster-objects.ts';
import type { ShapedPod } from '../pod/pod-shape.ts';
import type { StringMap } from '../pod/pod.ts';
import type { VisitedContainer } from '../pod/visit-containers.ts';
import type { FindingId } from './finding-catalog.ts';

/** The state of facts that the registry confirmed once and cannot confirm now. */
export interface Staleness {
  /** When the registry last confirmed them, in epoch milliseconds. */
  readonly since: number;
  readonly reason: UnknownReason;
}

/** A container with what its image is, as this Pod would run it. */
export interface AssessedContainer extends VisitedContainer {
  /** The reference as the Pod writes it. */
  readonly image: string;
  readonly verdict: Verdict;
  /** Null if the image is unknown, or was not looked up. */
  readonly facts: ImageFacts | null;
  /** True if the image is on the operator's skip list: it is not looked up, and no finding concerns its kind. */
  readonly isSkipped: boolean;
  /** Null or absent if the facts are current. Reported, but no decision depends on it. */
  readonly stale?: Staleness | null;
  /** When this replica first knew the image, in milliseconds of the monotonic clock; absent for an image without facts. */
  readonly knownSince?: number;
}

export interface WasmContainer extends AssessedContainer {
  readonly verdict: WasmVerdict;
}

export function isWasmContainer(container: AssessedContainer): container is WasmContainer {
  return container.verdict.kind === 'wasm';
}

/** Reports whether a Wasm container starts WebAssembly text, which no known runtime runs. */
export function startsText({ verdict }: AssessedContainer): boolean {
  return verdict.kind === 'wasm' && verdict.firstArgument !== null && namesWatFile(verdict.firstArgument);
}

/** Reports whether this is a Wasm image in a file-system layer whose os is not linux; nodes never unpack OCI Wasm layers. */
export function isForeignTar({ verdict, facts }: AssessedContainer): boolean {
  if (verdict.kind !== 'wasm' || verdict.packaging !== 'tar' || facts === null) return false;
  return facts.variants.some(({ config }) => isForeignOs(config.platform));
}

/**
 * The command of Spin and slight applications. Their shims need none, but the node requires one: `/` by convention
 * (spin-operator; the workloads of deislabs containerd-wasm-shims).
 */
export const SPIN_COMMAND: readonly string[] = ['/'];

export function takesSpinCommand({ flavour }: WasmVerdict): boolean {
  return flavour === 'spin-app' || flavour === 'spin-rootfs' || flavour === 'slight-app';
}

/** The cluster as the watches know it. They maintain the indexes, so that nothing is rebuilt per Pod. */
export interface ClusterView {
  readonly runtimeClass: (name: string) => RuntimeClass | undefined;
  /** Sorted by name. */
  readonly runtimeClasses: readonly RuntimeClass[];
  readonly nodes: readonly ClusterNode[];
  /** Architectures of the nodes that accept Pods, sorted; empty if none is known. */
  readonly architectures: readonly string[];
  /** Returns the LimitRanges of a namespace, sorted by name: the same list as long as the view lives. */
  readonly limitRanges: (namespace: string) => readonly LimitRange[];
}

/** Everything that a decision depends on, besides the settings. */
export interface PodFacts {
  /** True if a mutating call preceded this one, so that a change still outstanding was lost. */
  readonly isMutated: boolean;
  /** True if this replica first read a Wasm image of the Pod during this admission; absent if it knew all of them. */
  readonly isJustKnown?: boolean;
  readonly pod: ShapedPod;
  readonly containers: readonly AssessedContainer[];
  /** On UPDATE, the earlier containers by name; `containers` then holds only those with a new image. Absent on CREATE. */
  readonly previous?: ReadonlyMap<string, AssessedContainer>;
  readonly cluster: ClusterView;
  /** True if the RuntimeClasses may be out of date; absent if they are current. */
  readonly hasStaleClasses?: boolean;
  /** Labels of the Pod's namespace; empty if they are unknown. */
  readonly namespaceLabels: StringMap;
  /** Findings that the operator excepts in the Pod's namespace; absent if none. */
  readonly exceptions?: ReadonlySet<FindingId>;
  /** LimitRanges of the Pod's namespace. */
  readonly limitRanges: readonly LimitRange[];
}
