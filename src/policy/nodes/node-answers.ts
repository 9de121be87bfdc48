import { isPulledOn, type Platform } from '../../image/platform.ts';
import { oncePer } from '../../lib/once-per.ts';
import type { ClusterNode, Taint } from '../../pod/cluster-objects.ts';
import { type AssessedContainer, type PodFacts, isForeignTar } from '../facts.ts';
import { handlerTable } from '../handlers/handler-table.ts';
import type { PolicySettings } from '../settings.ts';
import { nodeKinds, type NodeKind } from './node-kind.ts';
import {
  hasKnownNodes,
  nodeOutlook,
  NO_PLACEMENT,
  type ClassPlacement,
  type NodeOutlook,
} from './node-outlook.ts';
import { allTolerations, blockingTaints } from './taints.ts';

/** Why a Pod could not start on a node that it and its class select, in the order in which the node would find out. */
export type Obstacle =
  | { readonly kind: 'taint'; readonly taint: Taint }
  | { readonly kind: 'handler' }
  /** The index of a container's image offers nothing for the node. */
  | { readonly kind: 'platform'; readonly container: AssessedContainer }
  /** The node pulls a container's image and does not unpack it. */
  | { readonly kind: 'unpacking'; readonly container: AssessedContainer };

/** Nodes that answer alike. */
export interface AnsweringNodes extends NodeKind {
  /** All of them; none where the Pod can start, as far as the nodes report. */
  readonly obstacles: readonly Obstacle[];
}

/** What every node that class and Pod select answers to the Pod. Cordoned nodes and krustlets do not count. */
export interface NodeAnswers extends NodeOutlook {
  /** False where no node is known that any Pod could land on: nothing follows from the answers. */
  readonly isKnown: boolean;
  readonly groups: readonly AnsweringNodes[];
  /** Nodes without an obstacle. */
  readonly startable: readonly ClusterNode[];
}

/** What the answers rest on beside the class. */
export type NodeQuestion = Pick<PodFacts, 'pod' | 'containers' | 'cluster'>;

function lacksPlatform({ facts, kind }: AssessedContainer, platform: Platform): boolean {
  const offer = facts?.offer;
  // An index that no node can pull is the business of another rule.
  if (facts === null || offer === undefined || offer.isPartial || kind === 'ephemeral') return false;
  if (!facts.pull.ok && facts.pull.cause === 'no-platform') return false;
  return !offer.platforms.some((offered) => isPulledOn(offered, platform));
}

/** Looks at the containers once for each platform of the cluster, of which there are few. */
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

/** The Pod as all nodes are asked about it. */
interface Asked {
  readonly handler: string;
  readonly tolerations: Parameters<typeof blockingTaints>[1];
  /** Bound to its node: no scheduler looks at taints. */
  readonly isBound: boolean;
  readonly packed: readonly AssessedContainer[];
  readonly lacking: (platform: Platform | null) => readonly AssessedContainer[];
}

function ask(memo: Memo, placement: ClassPlacement): Asked {
  const { pod, containers, settings, foreign, lacking } = memo;
  const { handler } = placement;
  const isUnpacked = handlerTable(settings).profileOf(handler)?.unpacksForeignTar === true;
  return {
    handler,
    tolerations: allTolerations({ pod, containers }, placement, settings),
    isBound: Boolean(pod.spec.nodeName),
    packed: isUnpacked ? [] : foreign,
    lacking,
  };
}

function obstaclesOn(kind: NodeKind, asked: Asked): readonly Obstacle[] {
  const { handler, tolerations, isBound, packed, lacking } = asked;
  const [taint] = isBound ? [] : blockingTaints(kind, tolerations);
  const hasHandler = handler === '' || kind.handlers === null || kind.handlers.includes(handler);
  const unpacking = kind.leavesForeignTarPacked ? packed : [];
  return [
    ...(taint === undefined ? [] : [{ kind: 'taint', taint } as const]),
    ...(hasHandler ? [] : [{ kind: 'handler' } as const]),
    ...lacking(kind.platform).map((container) => ({ kind: 'platform', container }) as const),
    ...unpacking.map((container) => ({ kind: 'unpacking', container }) as const),
  ];
}

function answer(memo: Memo, placement: ClassPlacement): NodeAnswers {
  const { cluster, pod } = memo;
  const outlook = nodeOutlook(cluster, placement, pod);
  const asked = ask(memo, placement);
  const groups = nodeKinds(outlook.within).map((kind) => ({ ...kind, obstacles: obstaclesOn(kind, asked) }));
  const startable = groups.flatMap(({ nodes, obstacles }) => (obstacles.length === 0 ? nodes : []));
  return { ...outlook, isKnown: hasKnownNodes(cluster), groups, startable };
}

interface Memo extends NodeQuestion {
  readonly settings: PolicySettings;
  readonly answers: Map<string, NodeAnswers>;
  /** Containers whose image some nodes do not unpack. Looked for once, whatever the number of classes. */
  readonly foreign: readonly AssessedContainer[];
  readonly lacking: Asked['lacking'];
}

/** The list of containers is the Pod's own, and goes with it. */
const memos = new WeakMap<NodeQuestion['containers'], Memo>();

function memoOf({ pod, containers, cluster }: NodeQuestion, settings: PolicySettings): Memo {
  const known = memos.get(containers);
  if (known?.pod === pod && known.cluster === cluster && known.settings === settings) return known;
  const memo: Memo = {
    pod,
    containers,
    cluster,
    settings,
    answers: new Map(),
    foreign: containers.filter(isForeignTar),
    lacking: createPlatformTest(containers),
  };
  memos.set(containers, memo);
  return memo;
}

const keyOf = oncePer(({ handler, nodeSelector, tolerations }: ClassPlacement): string =>
  JSON.stringify([handler, nodeSelector, tolerations]),
);

/**
 * Returns what the nodes answer to a Pod of this class; null asks about the Pod without a class, which the nodes' default
 * runtime starts. Classes that are equal in handler, nodeSelector and tolerations share the answers.
 */
export function nodeAnswers(
  question: NodeQuestion,
  runtimeClass: ClassPlacement | null,
  settings: PolicySettings,
): NodeAnswers {
  const placement = runtimeClass ?? NO_PLACEMENT;
  const memo = memoOf(question, settings);
  const key = keyOf(placement);
  const known = memo.answers.get(key) ?? answer(memo, placement);
  memo.answers.set(key, known);
  return known;
}

/** Returns the obstacle of this kind, the first of several; undefined where the nodes have none such. */
export function obstacleOf<Kind extends Obstacle['kind']>(
  { obstacles }: AnsweringNodes,
  wanted: Kind,
): Extract<Obstacle, { readonly kind: Kind }> | undefined {
  return obstacles.find(
    (obstacle): obstacle is Extract<Obstacle, { readonly kind: Kind }> => obstacle.kind === wanted,
  );
}

/** Counts the nodes of several groups. */
export function countNodes(groups: readonly AnsweringNodes[]): number {
  return groups.reduce((count, { nodes }) => count + nodes.length, 0);
}
