import type { PodRule } from '../check.ts';
import type { Finding } from '../decision.ts';
import { describeContainer, repositoryOf } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';

function findingsOf(assessed: AssessedContainer): readonly Finding[] {
  const { container, image, facts } = assessed;
  if (facts === null || facts.pull.ok || facts.pull.cause !== 'mixed-index') return [];
  return [
    {
      id: 'image-may-not-pull',
      container: container.name,
      detail: `${describeContainer(assessed)} may not be pulled: its index lists the image for nodes without a platform, beside one for another platform`,
      advice: `Name ${repositoryOf(image)}@${facts.pull.insteadUse} instead, or give every entry of the index its platform.`,
    },
  ];
}

export const imageMayNotPull: PodRule = {
  id: 'image-may-not-pull',
  why:
    'containerd follows an entry of an index that names no platform, and then wants to know the size of the ' +
    'other entries, too: a node that does not happen to hold them ends in ErrImagePull.',
  checks: "The platforms of an index's entries.",
  exempts: 'Indexes in which every entry has a platform, or none has.',
  example: 'An index put together by hand: a Linux image without a platform, and one for wasi/wasm.',
  fix: 'Name the image itself by its digest, or make the index with a tool that writes platforms.',
  check: ({ containers }) => containers.flatMap(findingsOf),
};
