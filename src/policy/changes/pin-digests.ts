// why    A tag may move after wasmgate judged its image and before a node pulls it.
// writes image of containers whose digest is known: repository:tag becomes repository:tag@sha256:…, and nodes ignore the tag.
//        Off by default.
// allows references with a digest, unknown images, images whose index no node can pull, and those of a docker archive, which
//        have no digest before they are pushed.
import { NO_CHANGES, type Mutation } from '../check.ts';

export const pinDigests: Mutation = ({ containers, wasmContainers, settings }) => {
  if (settings.pinDigests === false) return NO_CHANGES;
  const pinned = settings.pinDigests === 'all' ? containers : wasmContainers;
  return pinned.flatMap(({ container, image, facts, path }) =>
    facts === null ||
    facts.isStandIn === true ||
    !facts.pull.ok ||
    image.includes('@') ||
    container.imagePullPolicy === 'Never'
      ? []
      : {
          op: 'replace' as const,
          path: `${path}/image`,
          value: `${image}@${facts.digest}`,
          reason: 'the digest of this tag now (policy.pinDigests)',
        },
  );
};
