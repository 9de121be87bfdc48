import type { UnknownReason, Verdict, WasmVerdict } from '../detect/verdict.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import type { ClusterNode, LimitRange, RuntimeClass } from '../pod/cluster-objects.ts';
import type { ShapedPod } from '../pod/pod-shape.ts';
import type { StringMap } from '../pod/pod.ts';
import type { VisitedContainer } from '../pod/visit-containers.ts';

/** Of facts that the registry confirmed once, and cannot confirm now. */
export interface Staleness {
  /** When it last did, in epoch milliseconds. */
  readonly since: number;
  readonly reason: UnknownReason;
}

/** A container with what its image is, as this Pod would run it. */
export interface AssessedContainer extends VisitedContainer {
  /** The reference as the Pod writes it. */
  readonly image: string;
  readonly verdict: Verdict;
  /** Null where the image is unknown, or was not asked for. */
  readonly facts: ImageFacts | null;
  /** On the operator's skip list: not looked at, and no finding speaks of what it is. */
  readonly isSkipped: boolean;
  /** Null or absent where the facts are as good as new. No decision depends on it: it is told. */
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

/** The cluster as the watches know it. Indexes are kept by the watches, not rebuilt for each Pod. */
export interface ClusterView {
  readonly runtimeClass: (name: string) => RuntimeClass | undefined;
  /** Sorted by name. */
  readonly runtimeClasses: readonly RuntimeClass[];
  readonly nodes: readonly ClusterNode[];
  /** Of the nodes that can take Pods, sorted; empty where none is known. */
  readonly architectures: readonly string[];
  /** Of a namespace, sorted by name. The same list as long as the view lives. */
  readonly limitRanges: (namespace: string) => readonly LimitRange[];
}

/** Everything a decision rests on; `evaluate` is a function of this and the settings. */
export interface PodFacts {
  /** Whether a mutating call had its say before: a change still outstanding then means that it was lost. */
  readonly isMutated: boolean;
  /** Whether this replica came to know a Wasm image of the Pod while it was being admitted; absent if all were known before. */
  readonly isJustKnown?: boolean;
  readonly pod: ShapedPod;
  readonly containers: readonly AssessedContainer[];
  /**
   * On UPDATE: what containers of the same name were before; `containers` are then those alone whose image is new. Absent
   * at creation.
   */
  readonly previous?: ReadonlyMap<string, AssessedContainer>;
  readonly cluster: ClusterView;
  /** Whether the RuntimeClasses may be behind the truth; absent where they are not. */
  readonly hasStaleClasses?: boolean;
  /** Of the Pod's namespace; empty where it is not known. */
  readonly namespaceLabels: StringMap;
  /** Of the Pod's namespace. */
  readonly limitRanges: readonly LimitRange[];
}
