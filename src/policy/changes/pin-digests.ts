// why    A tag may move between the moment in which it was judged and the one in which a node pulls it.
// writes image of containers whose digest is known: repository:tag becomes repository:tag@sha256:…, where the tag is only
//        read by people. Off by default.
// allows references with a digest, images that are not known, and those whose index no node can pull.
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
          reason: 'what this tag stands for now (policy.pinDigests)',
        },
  );
};
