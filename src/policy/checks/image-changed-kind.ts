import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeImage } from '../describe.ts';
import { whyCannotRun } from '../why-cannot-run.ts';

export const imageChangedKind: Rule = {
  id: 'image-changed-kind',
  why:
    'An update may change the image of a Pod, but not its RuntimeClass. An image of another kind cannot start under ' +
    'the class of the old one: a Wasm image without a class ends in StartError with `permission denied`, an artifact ' +
    'without a command in `no command specified`.',
  checks: "On UPDATE: the new images, the images that they replace, and the Pod's class.",
  exempts: 'Images that the class runs, unknown images, and Pods whose old image could not run either.',
  example: 'kubectl set image on a Pod without a class, from an ordinary image to a Wasm one.',
  fix: 'Delete the Pod and create it again with the new image: wasmgate then chooses its class.',
  check: (context) => {
    const { previous, containers } = context;
    if (previous === undefined) return NO_FINDINGS;
    return containers.flatMap((assessed) => {
      const before = previous.get(assessed.container.name);
      const reason = assessed.kind === 'ephemeral' ? null : whyCannotRun(context, assessed);
      if (before === undefined || reason === null || whyCannotRun(context, before) !== null) return [];
      return {
        id: 'image-changed-kind' as const,
        container: assessed.container.name,
        detail: `${describeImage(assessed)} and cannot replace the old image: ${reason}`,
        advice: 'Delete the Pod and create it again with this image.',
      };
    });
  },
};
