import { formatPlatform } from '../../image/platform.ts';
import type { PodRule } from '../check.ts';
import type { Finding } from '../decision.ts';
import { describeContainer, repositoryOf } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';

function findingsOf(assessed: AssessedContainer): readonly Finding[] {
  const { container, image, facts } = assessed;
  // Of a mixed index nodes that hold its other entry pull it: another rule tells of the risk.
  if (facts === null || facts.pull.ok || facts.pull.cause === 'mixed-index') return [];
  const base = { id: 'image-will-not-pull', container: container.name } as const;
  if (facts.pull.cause === 'layer-mismatch') {
    const detail = `${describeContainer(assessed)} cannot be unpacked: its manifest and its config list different layers`;
    return [{ ...base, detail, advice: 'Build and push the image again with a tool that writes both.' }];
  }
  const platforms = [...new Set(facts.pull.platforms.map(formatPlatform))].join(', ');
  const { insteadUse } = facts.pull;
  const digest = insteadUse === null ? '' : `Name ${repositoryOf(image)}@${insteadUse} instead, or build`;
  return [
    {
      ...base,
      detail: `${describeContainer(assessed)} cannot be pulled: its index offers ${platforms === '' ? 'nothing' : platforms}, which no node has`,
      advice: `${digest === '' ? 'Build' : digest} without an index (docker buildx build --provenance=false --sbom=false).`,
    },
  ];
}

export const imageWillNotPull: PodRule = {
  id: 'image-will-not-pull',
  why:
    'Nodes pull from an index only an entry for their own platform; one with nothing but Wasm platforms ' +
    '(docker buildx writes it for provenance) ends in ErrImagePull on every node, whatever the ' +
    'RuntimeClass.',
  checks: "The index's platforms, and whether layers and config of an image agree.",
  exempts: 'Single manifests, and indexes with an entry that some node takes.',
  example:
    'An image built with docker buildx build --platform wasi/wasm, which adds provenance unless told not ' +
    'to.',
  fix: 'Build with --provenance=false --sbom=false, or name the one image inside of the index by its digest.',
  check: ({ containers }) => containers.flatMap(findingsOf),
};
