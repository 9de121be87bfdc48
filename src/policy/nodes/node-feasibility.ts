import { isPulledOn, type Platform } from '../../image/platform.ts';
import type { Taint } from '../../pod/cluster-objects.ts';
import { type AssessedContainer, type PodFacts, isForeignTar } from '../facts.ts';
import { handlerTable } from '../handlers/handler-table.ts';
import type { PolicySettings } from '../settings.ts';
import { nodeKinds, type NodeKind } from './node-kinds.ts';
import {
  hasKnownNodes,
  mayHaveHandler,
  nodeOutlook,
  NO_PLACEMENT,
  placementKey,
  type ClassPlacement,
  type NodeOutlook,
} from './node-outlook.ts';
import { allTolerations, blockingTaints } from './taints.ts';

/** Why a Pod could not start on a node that it and its class select, in the order in which it would fail there. */
export type Obstacle =
  | { readonly kind: 'taint'; readonly taint: Taint }
  | { readonly kind: 'handler' }
  /** The indexes of these containers' images have no entry for the node. */
  | { readonly kind: 'platform'; readonly containers: readonly AssessedContainer[] }
  /** The node pulls the images of some containers and does not unpack them. */
  | { readonly kind: 'unpacking' };

/** Nodes with the same obstacles. */
export interface NodeGroup extends NodeKind {
  /** Empty if the Pod can start there, as far as the nodes report. */
  readonly obstacles: readonly Obstacle[];
}

/** The nodes that class and Pod select, without cordoned nodes and krustlets, and the obstacles on each. */
export interface NodeFeasibility extends NodeOutlook {
  /** False if no node is known that any Pod could land on: the other fields then prove nothing. */
  readonly isKnown: boolean;
  readonly groups: readonly NodeGroup[];
}

type PodInCluster = Pick<PodFacts, 'pod' | 'containers' | 'cluster'>;

function lacksPlatform({ facts, kind }: AssessedContainer, platform: Platform): boolean {
  const offer = facts?.offer;
  // The finding image-will-not-pull covers an index that no node can pull.
  if (facts === null || offer === undefined || offer.isPartial || kind === 'ephemeral') return false;
  if (!facts.pull.ok && facts.pull.cause === 'no-platform') return false;
  return !offer.platforms.some((offered) => isPulledOn(offered, platform));
}

/** Tests the containers once for each platform of the cluster. */
function createPlatformTest(containers: readonly AssessedContainer[]) {
  const known = new Map<string, readonly AssessedContainer[]>();
  return (platform: Platform | null): readonly AssessedContainer[] => {
    if (platform === null) return [];
    const key = `${platform.os}/${platform.architecture}`;
    const lacking = known.get(key) ?? containers.filter((container) => lacksPlatform(container, platform));
    known.set(key, lacking);
    return lacking;
  };
}

/** Results that all trials of a Pod share. */
interface PodMemo extends PodInCluster {
  readonly settings: PolicySettings;
  readonly byPlacement: Map<string, NodeFeasibility>;
  /** True if some nodes do not unpack the image of a container. */
  readonly hasForeignTar: boolean;
  /** Containers whose image has no entry for a platform. */
  readonly lacking: (platform: Platform | null) => readonly AssessedContainer[];
}

/** Keyed by the Pod's own list of containers, and so garbage collected with it. */
const memos = new WeakMap<PodInCluster['containers'], PodMemo>();

function memoOf({ pod, containers, cluster }: PodInCluster, settings: PolicySettings): PodMemo {
  const known = memos.get(containers);
  if (known?.pod === pod && known.cluster === cluster && known.settings === settings) return known;
  const hasForeignTar = containers.some(isForeignTar);
  const lacking = createPlatformTest(containers);
  const memo = { pod, containers, cluster, settings, byPlacement: new Map(), hasForeignTar, lacking };
  memos.set(containers, memo);
  return memo;
}

const NO_GROUPS: readonly NodeGroup[] = [];

const UNPACKING: Obstacle = { kind: 'unpacking' };

function createObstacleTest(
  { pod, containers, settings, hasForeignTar, lacking }: PodMemo,
  placement: ClassPlacement,
) {
  const tolerations = allTolerations({ pod, containers }, placement, settings);
  const needsUnpacking =
    hasForeignTar && handlerTable(settings).profileOf(placement.handler)?.unpacksForeignTar !== true;
  return (kind: NodeKind): readonly Obstacle[] => {
    // The scheduler, which checks taints, skips a Pod that is already bound.
    const [taint] = pod.spec.nodeName ? [] : blockingTaints(kind, tolerations);
    const lackedBy = lacking(kind.platform);
    return [
      ...(taint === undefined ? [] : [{ kind: 'taint', taint } as const]),
      ...(mayHaveHandler(kind, placement.handler) ? [] : [{ kind: 'handler' } as const]),
      ...(lackedBy.length > 0 ? [{ kind: 'platform', containers: lackedBy } as const] : []),
      ...(needsUnpacking && kind.leavesForeignTarPacked ? [UNPACKING] : []),
    ];
  };
}

function compute(memo: PodMemo, placement: ClassPlacement): NodeFeasibility {
  const { cluster, pod } = memo;
  const outlook = nodeOutlook(cluster, placement, pod);
  const isKnown = hasKnownNodes(cluster);
  // True of most of 1,000 classes.
  if (outlook.within.length === 0) return { ...outlook, isKnown, groups: NO_GROUPS };
  const obstaclesOn = createObstacleTest(memo, placement);
  const groups = nodeKinds(outlook.within).map((kind) => ({ ...kind, obstacles: obstaclesOn(kind) }));
  return { ...outlook, isKnown, groups };
}

/**
 * Returns where a Pod of this class could start. Null means no class: the nodes' default runtime starts the Pod. Classes with the
 * same placement share one result.
 */
export function nodeFeasibility(
  pod: PodInCluster,
  runtimeClass: ClassPlacement | null,
  settings: PolicySettings,
): NodeFeasibility {
  const placement = runtimeClass ?? NO_PLACEMENT;
  const memo = memoOf(pod, settings);
  const key = placementKey(placement);
  const known = memo.byPlacement.get(key) ?? compute(memo, placement);
  memo.byPlacement.set(key, known);
  return known;
}

/** Returns the first obstacle of this kind. */
export function obstacleOf<Kind extends Obstacle['kind']>(
  { obstacles }: NodeGroup,
  wanted: Kind,
): Extract<Obstacle, { readonly kind: Kind }> | undefined {
  return obstacles.find(
    (obstacle): obstacle is Extract<Obstacle, { readonly kind: Kind }> => obstacle.kind === wanted,
  );
}

/** Reports whether the Pod can start on these nodes, as far as they report. */
export function hasNoObstacle({ obstacles }: NodeGroup): boolean {
  return obstacles.length === 0;
}

export function countNodes(groups: readonly NodeGroup[]): number {
  return groups.reduce((count, { nodes }) => count + nodes.length, 0);
}
