import { normalizePlatform, type Platform } from '../../image/platform.ts';
import { oncePer } from '../../lib/once-per.ts';
import type { ClusterNode, Taint } from '../../pod/cluster-objects.ts';
import { lastingTaints } from './taints.ts';

const OS_LABEL = 'kubernetes.io/os';

/** Nodes that are equal to any Pod that selects them. */
export interface NodeKind {
  /** Null if the nodes do not report their handlers. */
  readonly handlers: readonly string[] | null;
  readonly taints: readonly Taint[];
  /** Null if the nodes do not report their architecture. */
  readonly platform: Platform | null;
  readonly leavesForeignTarPacked: boolean;
  readonly nodes: readonly [ClusterNode, ...ClusterNode[]];
}

type Traits = Omit<NodeKind, 'nodes'>;

/**
 * Reports whether the node pulls a tar image whose os is not linux, but does not unpack it: containerd 2.3 and later with
 * default settings (measured with 2.1, 2.2, 2.3 and 2.4).
 */
export function leavesForeignTarPacked({ runtimeVersion }: Pick<ClusterNode, 'runtimeVersion'>): boolean {
  const match = /^containerd:\/\/v?(\d+)\.(\d+)/.exec(runtimeVersion);
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > 2 || (major === 2 && minor >= 3);
}

function traitsOf(node: ClusterNode): Traits {
  const { handlers, labels, architecture } = node;
  return {
    handlers,
    taints: lastingTaints(node),
    platform: architecture === '' ? null : normalizePlatform(labels[OS_LABEL] ?? 'linux', architecture),
    leavesForeignTarPacked: leavesForeignTarPacked(node),
  };
}

/** Cached for each node: a changed node is a new object. */
const keyedTraits = oncePer((node: ClusterNode): { readonly key: string; readonly traits: Traits } => {
  const traits = traitsOf(node);
  return { key: JSON.stringify(traits), traits };
});

function group(nodes: readonly ClusterNode[]): readonly NodeKind[] {
  const kinds = new Map<string, Traits & { readonly nodes: [ClusterNode, ...ClusterNode[]] }>();
  for (const node of nodes) {
    const { key, traits } = keyedTraits(node);
    const kind = kinds.get(key);
    if (kind === undefined) kinds.set(key, { ...traits, nodes: [node] });
    else kind.nodes.push(node);
  }
  return [...kinds.values()];
}

/** Groups nodes, once for each list: 5,000 nodes are of a few kinds, against which each Pod is tested. */
export const nodeKinds = oncePer(group);
