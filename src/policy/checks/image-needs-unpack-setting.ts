import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeContainer } from '../describe.ts';
import { isForeignTar } from '../facts.ts';
import { nodeFeasibility, obstacleOf } from '../nodes/node-feasibility.ts';
import { platformFlags } from '../nodes/platform-flags.ts';

export const imageNeedsUnpackSetting: Rule = {
  id: 'image-needs-unpack-setting',
  why:
    'containerd 2.3 and later pulls a tar image whose os is not linux, but does not unpack it with default settings. ' +
    'The container ends in CreateContainerError: `failed to create containerd container: parent snapshot sha256:… ' +
    'does not exist: not found`. The same image built for linux works.',
  checks:
    'The os in the config of Wasm tar images, and containerRuntimeVersion of the nodes that the class selects.',
  exempts:
    'OCI Wasm layers, which nodes never unpack; older containerd; nodes that do not report their version; handlers ' +
    'for which policy.handlers sets unpacksWasiImages. It only warns, because the setting is on the node.',
  example: 'An image built with --platform wasi/wasm for nodes with containerd 2.3.',
  fix:
    "Build the image for the nodes' platforms, such as with --platform linux/amd64 --provenance=false --sbom=false. " +
    'Or set use_local_image_pull = true in containerd on the nodes, and unpacksWasiImages in policy.handlers.',
  check: (context) => {
    const { resolved, wasmContainers, settings } = context;
    if (resolved.class === null || !wasmContainers.some(isForeignTar)) return NO_FINDINGS;
    const { candidates, groups } = nodeFeasibility(context, resolved.class, settings);
    const packing = groups.find(
      (group) => obstacleOf(group, 'handler') === undefined && obstacleOf(group, 'unpacking') !== undefined,
    );
    if (packing === undefined) return NO_FINDINGS;
    const [node] = packing.nodes;
    const flags = platformFlags(candidates);
    return wasmContainers.filter(isForeignTar).map((assessed) => ({
      id: 'image-needs-unpack-setting' as const,
      container: assessed.container.name,
      detail: `${describeContainer(assessed)} is not for linux, and node "${node.name}" (${node.runtimeVersion}) does not unpack it`,
      advice: `Build it with ${flags}.`,
    }));
  },
};
