import { formatPlatform } from '../../image/platform.ts';
import type { ClusterNode } from '../../pod/cluster-objects.ts';
import { isKrustlet } from '../../policy/krustlet.ts';
import { nodeKinds } from '../../policy/nodes/node-kinds.ts';

/** Names in `containerRuntimeVersion`; `docker` is cri-dockerd. `other` is one that wasmgate does not know, or none. */
export type RuntimeName = 'containerd' | 'cri-o' | 'docker' | 'krustlet' | 'other';

export interface RuntimeVersion {
  readonly name: RuntimeName;
  /** Major, minor and patch; null if the node reports no version of this form. */
  readonly release: readonly [major: number, minor: number, patch: number] | null;
}

/** Nodes with the same runtime, release and platform. */
export interface NodeRuntime {
  readonly runtime: RuntimeName;
  /** `2.3`; null if unknown. */
  readonly release: string | null;
  /** `linux/amd64`; null if the nodes do not report their architecture. */
  readonly platform: string | null;
  readonly nodes: number;
  /** Nodes among them that accept no new Pods. */
  readonly cordoned: number;
  /** Nodes among them that do not report their handlers. */
  readonly unreported: number;
  /** How many of the nodes report each handler, sorted by name. */
  readonly handlers: Readonly<Record<string, number>>;
}

const NAMES: readonly RuntimeName[] = ['containerd', 'cri-o', 'docker'];

/** Parses `containerd://2.3.7`, `containerd://v2.0.4-k3s2` or `cri-o://1.34.0`. */
const VERSION = /^([a-z-]{1,20}):\/\/v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?/;

export function runtimeOf(node: ClusterNode): RuntimeVersion {
  if (isKrustlet(node)) return { name: 'krustlet', release: null };
  const [, name, major, minor, patch] = VERSION.exec(node.runtimeVersion) ?? [];
  const known = NAMES.find((one) => one === name);
  if (known === undefined) return { name: 'other', release: null };
  return { name: known, release: [Number(major), Number(minor), Number(patch ?? '0')] };
}

/** Returns `containerd 2.3`: releases of one minor version behave alike, but for the exceptions in runtime-effects.ts. */
export function describeRuntime({ name, release }: RuntimeVersion): string {
  const shown = name === 'cri-o' ? 'CRI-O' : name === 'other' ? 'unknown runtime' : name;
  return release === null ? shown : `${shown} ${release[0]}.${release[1]}`;
}

/** Counts the nodes that report each handler, sorted by name. */
export function countHandlers(nodes: readonly ClusterNode[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { handlers } of nodes)
    for (const handler of new Set(handlers)) counts.set(handler, (counts.get(handler) ?? 0) + 1);
  return new Map([...counts].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function count(nodes: readonly ClusterNode[], test: (node: ClusterNode) => boolean): number {
  return nodes.reduce((sum, node) => sum + (test(node) ? 1 : 0), 0);
}

function summarize(nodes: readonly [ClusterNode, ...ClusterNode[]]): NodeRuntime {
  const [first] = nodes;
  const { name, release } = runtimeOf(first);
  const platform = nodeKinds([first])[0]?.platform ?? null;
  return {
    runtime: name,
    release: release === null ? null : `${release[0]}.${release[1]}`,
    platform: platform === null ? null : formatPlatform(platform),
    nodes: nodes.length,
    cordoned: count(nodes, ({ unschedulable }) => unschedulable),
    unreported: count(nodes, ({ handlers }) => handlers === null),
    handlers: Object.fromEntries(countHandlers(nodes)),
  };
}

/** Groups the nodes, the largest group first. */
export function nodeRuntimes(nodes: readonly ClusterNode[]): readonly NodeRuntime[] {
  const groups = new Map<string, [ClusterNode, ...ClusterNode[]]>();
  for (const node of nodes) {
    const os = node.labels['kubernetes.io/os'] ?? '';
    const key = JSON.stringify([describeRuntime(runtimeOf(node)), os, node.architecture]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [node]);
    else group.push(node);
  }
  return [...groups.values()].map(summarize).toSorted((one, other) => other.nodes - one.nodes);
}
