import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeContainer } from '../describe.ts';
import { isForeignTar } from '../facts.ts';
import { nodeFeasibility, obstacleOf } from '../nodes/node-feasibility.ts';
import { platformFlags } from '../nodes/platform-flags.ts';

export const imageNeedsUnpackSetting: Rule = {
  id: 'image-needs-unpack-setting',
  why:
    'containerd 2.3 and later pulls a tar image whose os is not linux but does not unpack it with default ' +
    'settings; the container then fails with "parent snapshot … does not exist". Built for linux and ' +
    "the nodes' architecture the same image works.",
  checks:
    'The os in the config of Wasm tar images, and containerRuntimeVersion of the nodes that the class ' +
    'selects.',
  exempts:
    'OCI Wasm layers, which are never unpacked; older containerd; nodes that do not tell. It only warns: ' +
    "the setting is the node's; policy.handlers says of which handlers the nodes have it (unpacksWasiImages).",
  example: 'An image built with --platform wasi/wasm for nodes with containerd 2.3.',
  fix: 'Build it for the platforms of the nodes, such as with --platform linux/amd64 --provenance=false --sbom=false, or set use_local_image_pull = true in containerd on those nodes and say so in policy.handlers.',
  check: (context) => {
    const { resolved, wasmContainers, settings } = context;
    if (resolved.class === null || !wasmContainers.some(isForeignTar)) return NO_FINDINGS;
    const { candidates, groups } = nodeFeasibility(context, resolved.class, settings);
    const packing = groups.find(
      (group) => obstacleOf(group, 'handler') === undefined && obstacleOf(group, 'unpacking') !== undefined,
    );
    if (packing === undefined) return NO_FINDINGS;
    const [node] = packing.nodes;
    return wasmContainers.filter(isForeignTar).map((assessed) => ({
      id: 'image-needs-unpack-setting' as const,
      container: assessed.container.name,
      detail: `${describeContainer(assessed)} is not built for linux, and node "${node.name}" (${node.runtimeVersion}) does not unpack such images by default`,
      advice: `Build it with ${platformFlags(candidates)}, or set use_local_image_pull = true in containerd on those nodes.`,
    }));
  },
};
