import { CHOSEN_CLASS_ANNOTATION } from '../../pod/names.ts';
import { NO_FINDINGS, type Rule } from '../check.ts';
import {
  describeClass,
  describeContainer,
  insteadOfIndex,
  insteadOfLinuxEntry,
  listNames,
} from '../describe.ts';
import { canRun } from '../handlers/can-run.ts';

/** @param isOurs the class is one that wasmgate chose, as a neighbour's sidecar finds it */
function adviceFor(classes: readonly string[], isOurs: boolean): string {
  if (classes.length === 0)
    return 'No RuntimeClass of this cluster runs all containers of this Pod; create one whose handler does.';
  const named = `Set spec.runtimeClassName to ${listNames(classes)}`;
  return isOurs
    ? `${named} in what you apply, or keep the other webhook from adding this container.`
    : `${named}, or leave it out and wasmgate chooses.`;
}

export const handlerCannotRunImage: Rule = {
  id: 'handler-cannot-run-image',
  why:
    "An image that the class's runtime cannot run starts, fails and restarts for ever, with a message that " +
    "does not say why (permission denied, can't handle spec, exit 137 with an empty log).",
  reads: "The handler of the Pod's RuntimeClass and every container's image.",
  allows:
    'Combinations that were seen to work, conditional ones, and images that are not known or no workload.',
  example: 'A Spin application in a Pod with runtimeClassName: wasmtime.',
  cure:
    'Name a class whose handler runs the image, or leave spec.runtimeClassName out and wasmgate chooses ' +
    'one.',
  check: (context) => {
    const { pod, resolved, containers } = context;
    const { class: runtimeClass, profile } = resolved;
    if (runtimeClass === null || profile === null) return NO_FINDINGS;
    const isOurs = pod.metadata?.annotations?.[CHOSEN_CLASS_ANNOTATION] === runtimeClass.name;
    const chosen = isOurs ? ', which wasmgate chose before it knew of this container' : '';
    return containers.flatMap((container) => {
      const { verdict } = container;
      if (verdict.kind !== 'wasm' && verdict.kind !== 'container') return [];
      const outcome = canRun(profile, verdict);
      if (outcome.runs !== 'no') return [];
      return {
        id: 'handler-cannot-run-image' as const,
        container: container.container.name,
        detail: `${describeContainer(container)} cannot run under ${describeClass(runtimeClass)}${chosen}: ${profile.title} ${outcome.why}`,
        advice:
          insteadOfIndex(container) ??
          insteadOfLinuxEntry(container) ??
          ((alternatives) => adviceFor(alternatives, isOurs)),
      };
    });
  },
};
