import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeContainer } from '../describe.ts';
import { nodeOutlook } from '../nodes/node-outlook.ts';
import { isForeignTar, leavesForeignTarPacked } from '../unpacking.ts';

export const imageNeedsUnpackSetting: Rule = {
  id: 'image-needs-unpack-setting',
  why:
    'containerd 2.3 and later pulls a tar image whose os is not linux but does not unpack it with default ' +
    'settings; the container then fails with "parent snapshot … does not exist". Built for linux/amd64 the ' +
    'same image works.',
  reads:
    'The os in the config of Wasm tar images, and containerRuntimeVersion of the nodes that the class ' +
    'selects.',
  allows:
    'OCI Wasm layers, which are never unpacked; older containerd; nodes that do not tell. It only warns: ' +
    "the setting is the node's; policy.handlers says of which handlers the nodes have it (unpacksWasiImages).",
  example: 'An image built with --platform wasi/wasm for nodes with containerd 2.3.',
  cure: 'Build it with --platform linux/amd64, or set use_local_image_pull = true in containerd on those nodes and say so in policy.handlers.',
  check: ({ resolved, cluster, pod, wasmContainers }) => {
    if (resolved.class === null || resolved.profile?.unpacksForeignTar === true) return NO_FINDINGS;
    const foreign = wasmContainers.filter(isForeignTar);
    if (foreign.length === 0) return NO_FINDINGS;
    const node = nodeOutlook(cluster, resolved.class, pod).candidates.find(leavesForeignTarPacked);
    if (node === undefined) return NO_FINDINGS;
    return foreign.map((assessed) => ({
      id: 'image-needs-unpack-setting' as const,
      container: assessed.container.name,
      detail: `${describeContainer(assessed)} is not built for linux, and node "${node.name}" (${node.runtimeVersion}) does not unpack such images by default`,
      advice:
        'Build it with --platform linux/amd64, or set use_local_image_pull = true in containerd on those nodes.',
    }));
  },
};
