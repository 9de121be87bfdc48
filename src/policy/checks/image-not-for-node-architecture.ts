import { formatPlatform } from '../../image/platform.ts';
import type { ClusterNode } from '../../pod/cluster-objects.ts';
import { NO_FINDINGS, type Rule, type PolicyContext } from '../check.ts';
import type { Finding } from '../decision.ts';
import { describeName } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';
import { countNodes, nodeFeasibility, obstacleOf, type NodeGroup } from '../nodes/node-feasibility.ts';
import { flagsFor, platformsOfKinds } from '../nodes/platform-flags.ts';

/** Platforms that the message names; a warning must stay short. */
const NAMED_PLATFORMS = 4;

/** Returns the nodes that may pull the images: those that accept the Pod or, if taints exclude it everywhere, all with the handler. */
function reachable(groups: readonly NodeGroup[]): readonly NodeGroup[] {
  const having = groups.filter((group) => obstacleOf(group, 'handler') === undefined);
  const open = having.filter((group) => obstacleOf(group, 'taint') === undefined);
  return open.length > 0 ? open : having;
}

function formatGroup({ platform }: NodeGroup): string {
  return platform === null ? '' : formatPlatform({ ...platform, variant: null });
}

/** Nodes of one platform, and the containers whose images they cannot pull. */
interface PlatformNodes {
  readonly platform: string;
  readonly first: ClusterNode;
  readonly count: number;
  readonly lackedBy: ReadonlySet<AssessedContainer>;
}

/** Joins groups of nodes that differ in anything but their platform: there may be thousands of groups, and 256 containers. */
function byPlatform(groups: readonly NodeGroup[]): readonly PlatformNodes[] {
  return [...Map.groupBy(groups, formatGroup)].flatMap(([platform, same]) => {
    const [first] = same;
    if (first === undefined) return [];
    const lackedBy = new Set(obstacleOf(first, 'platform')?.containers);
    return { platform, first: first.nodes[0], count: countNodes(same), lackedBy };
  });
}

function describeOffer({ facts }: AssessedContainer): string {
  const names = (facts?.offer?.platforms ?? []).map(formatPlatform);
  const rest = names.length - NAMED_PLATFORMS;
  const more = rest > 0 ? ` and ${rest} more` : '';
  return `${names.slice(0, NAMED_PLATFORMS).join(', ')}${more}`;
}

function sum(platforms: readonly PlatformNodes[]): number {
  return platforms.reduce((total, { count }) => total + count, 0);
}

/** @param all the number of nodes, including those that can pull the image */
function describeNodes(lacking: readonly [PlatformNodes, ...PlatformNodes[]], all: number): string {
  const [{ first, platform }] = lacking;
  if (all === 1) return `the only node, "${first.name}", is ${platform}`;
  const count = sum(lacking);
  const which = count === all ? `all ${all} nodes` : `${count} of ${all} nodes`;
  return `${which} ${count === 1 ? 'needs' : 'need'} another (such as "${first.name}", ${platform})`;
}

function findingFor(
  container: AssessedContainer,
  platforms: readonly PlatformNodes[],
  flags: string,
): readonly Finding[] {
  const [first, ...others] = platforms.filter(({ lackedBy }) => lackedBy.has(container));
  if (first === undefined) return [];
  const lacking = [first, ...others] as const;
  const all = sum(platforms);
  const isEverywhere = sum(lacking) === all;
  const elsewhere = isEverywhere ? '' : ', or select nodes by label';
  return [
    {
      id: 'image-not-for-node-architecture',
      container: container.container.name,
      detail: `${describeName(container)} cannot be pulled${isEverywhere ? '' : ' on every node'}: its index offers ${describeOffer(container)}, and ${describeNodes(lacking, all)}`,
      advice: `Build it with ${flags}${elsewhere}.`,
    },
  ];
}

function findingsIn(context: PolicyContext): readonly Finding[] {
  const { resolved, containers, settings } = context;
  const groups = reachable(nodeFeasibility(context, resolved.class, settings).groups);
  if (groups.every((group) => obstacleOf(group, 'platform') === undefined)) return NO_FINDINGS;
  const platforms = byPlatform(groups);
  const flags = flagsFor(platformsOfKinds(groups));
  return containers.flatMap((container) => findingFor(container, platforms, flags));
}

export const imageNotForNodeArchitecture: Rule = {
  id: 'image-not-for-node-architecture',
  why:
    'A node pulls from an index only an entry for its own architecture, even if the entry holds nothing but Wasm. ' +
    'Without one, the container ends in ErrImagePull: `no match for platform in manifest`.',
  checks:
    'The platforms of an index; architectures, handlers, labels and taints of the nodes that class and Pod select; ' +
    'all containers of Pods with Wasm.',
  exempts:
    'Single manifests, which nodes of every architecture pull; nodes that do not report their architecture; 32-bit ' +
    'images on 64-bit processors of the same family.',
  example:
    'A Wasm image built with docker buildx build --platform linux/amd64, which adds provenance and so an index, for ' +
    'arm64 nodes.',
  fix:
    "Build the image for the nodes' architecture without an index (--provenance=false --sbom=false), or with an index " +
    'for all architectures of the cluster.',
  check: (context) => (context.wasmContainers.length === 0 ? NO_FINDINGS : findingsIn(context)),
};
