import type { Quantities, StringMap, Toleration } from './pod.ts';

/** A RuntimeClass (node.k8s.io/v1), the fields that matter. Judged by `handler`, never by `name`. */
export interface RuntimeClass {
  readonly name: string;
  readonly handler: string;
  /** `overhead.podFixed`, verbatim; null where absent. */
  readonly overhead: Quantities | null;
  readonly nodeSelector: StringMap | null;
  readonly tolerations: readonly Toleration[] | null;
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** A Node, the fields that matter. */
export interface ClusterNode {
  readonly name: string;
  readonly labels: StringMap;
  readonly taints: readonly Taint[];
  /** `spec.unschedulable`: cordoned. */
  readonly unschedulable: boolean;
  /** `status.nodeInfo.architecture`, Go's spelling; '' where unknown. */
  readonly architecture: string;
  /** Names in `status.runtimeHandlers` without the default one (''); null where the node does not tell (empty list). */
  readonly handlers: readonly string[] | null;
  /** `status.nodeInfo.containerRuntimeVersion`, such as `containerd://2.3.7`; '' where unknown. */
  readonly runtimeVersion: string;
  /** `status.capacity.cpu` as a quantity; null where unknown. */
  readonly cpuCapacity: string | number | null;
}

export interface Namespace {
  readonly name: string;
  readonly labels: StringMap;
}

/** A LimitRange (v1), what it says of containers and Pods. */
export interface LimitRange {
  readonly name: string;
  readonly namespace: string;
  readonly limits: readonly LimitRangeItem[];
}

/** By resource; null where absent. The API server has filled in `default` and `defaultRequest` from the others. */
export interface LimitRangeItem {
  readonly type: 'Container' | 'Pod';
  readonly min: Quantities | null;
  readonly max: Quantities | null;
  readonly default: Quantities | null;
  readonly defaultRequest: Quantities | null;
  readonly maxLimitRequestRatio: Quantities | null;
}
