// why    A tag may move after wasmgate judged its image and before a node pulls it.
// writes image of containers whose digest is known: repository:tag becomes repository:tag@sha256:…, and nodes ignore the tag.
//        Off by default.
// allows references with a digest, unknown images, and images whose index no node can pull.
import { NO_CHANGES, type Mutation } from '../check.ts';

export const pinDigests: Mutation = ({ containers, wasmContainers, settings }) => {
  if (settings.pinDigests === false) return NO_CHANGES;
  const pinned = settings.pinDigests === 'all' ? containers : wasmContainers;
  return pinned.flatMap(({ container, image, facts, path }) =>
    facts === null || !facts.pull.ok || image.includes('@') || container.imagePullPolicy === 'Never'
      ? []
      : {
          op: 'replace' as const,
          path: `${path}/image`,
          value: `${image}@${facts.digest}`,
          reason: 'the digest of this tag now (policy.pinDigests)',
        },
  );
};
