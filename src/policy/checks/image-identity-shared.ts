import { holdsDigest, type ImageConfig } from '../../image/image-config.ts';
import { oncePer } from '../../lib/once-per.ts';
import type { PodRule } from '../check.ts';
import { describeContainer } from '../describe.ts';
import type { WasmContainer } from '../facts.ts';

/** Reports whether the config depends on the content: by the layers' digests, or by a label with one, as runwasi and Spin write it. */
const hasContentDigest = oncePer(
  ({ diffIdCount, layerDigests, labels }: ImageConfig): boolean =>
    diffIdCount > 0 || (layerDigests ?? []).length > 0 || [...labels.values()].some(holdsDigest),
);

/** Reports whether the config of an OCI Wasm layer lacks a digest. Nodes do not unpack a file-system layer of such a config. */
function isAnonymous({ verdict, facts }: WasmContainer): boolean {
  if (verdict.packaging !== 'oci-layer' || facts === null) return false;
  return facts.variants.some(({ config }) => !hasContentDigest(config));
}

export const imageIdentityShared: PodRule = {
  id: 'image-identity-shared',
  why:
    "A node identifies an image by its config's digest. Two images with the same config bytes are one image to the " +
    "node, which then silently runs the other one's module.",
  checks: 'The config of Wasm images: diff_ids, layerDigests, and digests in labels.',
  exempts:
    'Images with file-system layers; configs that contain a digest of their content, as wkg, runwasi and Spin write ' +
    'them.',
  example:
    'A hand-made image with one Wasm layer whose config has rootfs.diff_ids: [] and nothing else of its own.',
  fix: 'Build the image with a tool that writes a content digest into the config, or add a label with one.',
  check: ({ wasmContainers }) =>
    wasmContainers.filter(isAnonymous).map((assessed) => ({
      id: 'image-identity-shared' as const,
      container: assessed.container.name,
      detail: `${describeContainer(assessed)} has a config without a content digest: nodes may confuse it with another`,
      advice: 'Build it with wkg, oci-tar-builder or spin, or add a label with a digest.',
    })),
};
