import { formatPlatform } from '../../image/platform.ts';
import type { PodRule } from '../check.ts';
import type { Finding } from '../decision.ts';
import { describeContainer, describeName, repositoryOf } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';

function findingsOf(assessed: AssessedContainer): readonly Finding[] {
  const { container, image, facts } = assessed;
  // image-may-not-pull covers mixed indexes.
  if (facts === null || facts.pull.ok || facts.pull.cause === 'mixed-index') return [];
  const base = { id: 'image-will-not-pull', container: container.name } as const;
  if (facts.pull.cause === 'layer-mismatch') {
    const detail = `${describeContainer(assessed)} cannot be unpacked: its manifest and its config list different layers`;
    return [{ ...base, detail, advice: 'Build and push the image again.' }];
  }
  const platforms = [...new Set(facts.pull.platforms.map(formatPlatform))].join(', ');
  const { insteadUse } = facts.pull;
  const advice =
    insteadUse === null
      ? 'Build without an index (docker buildx build --provenance=false --sbom=false).'
      : `Set image to "${repositoryOf(image)}@${insteadUse}".`;
  return [
    {
      ...base,
      detail: `${insteadUse === null ? describeContainer(assessed) : describeName(assessed)} cannot be pulled: its index offers ${platforms === '' ? 'nothing' : platforms}, which no node has`,
      advice,
    },
  ];
}

export const imageWillNotPull: PodRule = {
  id: 'image-will-not-pull',
  why:
    'A node pulls from an index only an entry for its own platform. An index of Wasm platforms only, which docker ' +
    'buildx writes for provenance, ends in ErrImagePull on every node, whatever the RuntimeClass: `Failed to pull ' +
    'image … no match for platform in manifest sha256:…: not found`.',
  checks: 'The platforms of an index, and whether layers and config of an image agree.',
  exempts: 'Single manifests, and indexes with an entry for some node.',
  example: 'An image built with docker buildx build --platform wasi/wasm, which adds provenance by default.',
  fix: 'Build the image with --provenance=false --sbom=false, or use the digest of the manifest in the index.',
  check: ({ containers }) => containers.flatMap(findingsOf),
};
