import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeContainer, describeVerdict } from '../describe.ts';
import { whyCannotRun } from '../why-cannot-run.ts';

export const imageChangedKind: Rule = {
  id: 'image-changed-kind',
  why:
    'The image of a running Pod may be changed, its RuntimeClass may not: an image of another kind than the one before ' +
    'cannot start under the class that was chosen for that one.',
  checks: "On UPDATE, the images that are new, those that they replace, and the Pod's class.",
  exempts:
    'Images that the class runs, images that are not known, and a change from one that could not run either.',
  example: 'kubectl set image of a Pod without a class, from an ordinary image to a Wasm one.',
  fix: 'Delete the Pod and create it anew with the image: its class is then chosen for it.',
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
        detail: `${describeContainer(assessed)} cannot replace image ${before.image}, ${describeVerdict(before.verdict)}: ${reason}`,
        advice: 'The class of a Pod cannot be changed: delete the Pod, and create it anew with this image.',
      };
    });
  },
};
