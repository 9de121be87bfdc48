import type { PodRule } from '../check.ts';
import type { Finding } from '../decision.ts';
import { describeName, repositoryOf } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';

function findingsOf(assessed: AssessedContainer): readonly Finding[] {
  const { container, image, facts } = assessed;
  if (facts === null || facts.pull.ok || facts.pull.cause !== 'mixed-index') return [];
  return [
    {
      id: 'image-may-not-pull',
      container: container.name,
      detail: `${describeName(assessed)} may not be pulled: its index mixes entries with and without a platform`,
      advice: `Set image to "${repositoryOf(image)}@${facts.pull.insteadUse}".`,
    },
  ];
}

export const imageMayNotPull: PodRule = {
  id: 'image-may-not-pull',
  why:
    'If an index entry has no platform, containerd follows it and then also needs the size of the other entries. A ' +
    'node that does not hold them by chance ends in ErrImagePull.',
  checks: "The platforms of an index's entries.",
  exempts: 'Indexes in which every entry has a platform, or none has.',
  example: 'An index made by hand: a Linux image without a platform, and one for wasi/wasm.',
  fix: 'Use the digest of the image itself, or create the index with a tool that writes platforms.',
  check: ({ containers }) => containers.flatMap(findingsOf),
};
