import type { ImageConfig } from '../../image/image-config.ts';
import { oncePer } from '../../lib/once-per.ts';
import type { PodRule } from '../check.ts';
import { describeContainer } from '../describe.ts';
import type { WasmContainer } from '../facts.ts';

const HEX_DIGEST = /[0-9a-f]{64}/;

/** Something in the config that follows from the content: layers' digests, or a label with one, as runwasi and Spin write it. */
const hasContentDigest = oncePer(
  ({ diffIds, layerDigests, labels }: ImageConfig): boolean =>
    (diffIds ?? []).length > 0 ||
    (layerDigests ?? []).length > 0 ||
    [...labels.values()].some((label) => HEX_DIGEST.test(label)),
);

/** Nodes do not unpack a file-system layer whose digest the config lacks: such an image starts nothing at all. */
function isAnonymous({ verdict, facts }: WasmContainer): boolean {
  if (verdict.packaging !== 'oci-layer' || facts === null) return false;
  return facts.variants.some(({ config }) => !hasContentDigest(config));
}

export const imageIdentityShared: PodRule = {
  id: 'image-identity-shared',
  why:
    "A node knows an image by its config's digest. Two images whose configs are the same bytes are one image to it: it " +
    "starts the other one's module, without a word.",
  checks: 'The config of Wasm images: diff_ids, layerDigests, and digests in labels.',
  exempts:
    'Images with file-system layers, and configs that name their content, as wkg, runwasi and Spin write them.',
  example:
    'A hand-made image with one Wasm layer whose config has rootfs.diff_ids: [] and nothing else of its own.',
  fix: 'Build it with a tool that writes a content digest into the config, or put one into a label.',
  check: ({ wasmContainers }) =>
    wasmContainers.filter(isAnonymous).map((assessed) => ({
      id: 'image-identity-shared' as const,
      container: assessed.container.name,
      detail: `${describeContainer(assessed)} has a config without any digest of its content: a node may take it for another image with the same config, and run that one`,
      advice: 'Build it with wkg, oci-tar-builder or spin, or give its config a label with a digest.',
    })),
};
