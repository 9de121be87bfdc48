import { CHOSEN_CLASS_ANNOTATION } from '../../pod/names.ts';
import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeImage, describeName, insteadOfIndex, insteadOfLinuxEntry, listNames } from '../describe.ts';
import { canRun } from '../handlers/can-run.ts';

/** @param isChosen wasmgate chose the class, before another webhook added the container */
function adviceFor(classes: readonly string[], isChosen: boolean): string {
  if (classes.length === 0)
    return 'No RuntimeClass of this cluster runs all containers of the Pod; create one that does.';
  const name = `Set runtimeClassName to ${listNames(classes)}`;
  return isChosen ? `${name}, or stop the webhook that adds this container.` : `${name}.`;
}

export const handlerCannotRunImage: Rule = {
  id: 'handler-cannot-run-image',
  why:
    "If the class's runtime cannot run an image, the container fails at every start, with a message that does not name the " +
    'cause. runc reports exec: "/app.wasm": permission denied, executable file not found in $PATH, exec: "/": is a directory ' +
    "or, in the log, exec format error. A runwasi shim reports wasmtime executor can't handle spec. crun reports the path " +
    '`/app.wasm` exists but it is not executable or, in the log, unknown binary version for a component and could not get ' +
    'wasmedge result from VM for a Wasm layer. WasmEdge under a shim ends with exit code 137 and an empty log.',
  checks: "The handler of the Pod's RuntimeClass, and the image of every container.",
  exempts: 'Combinations that run, or that may run; unknown images; images that are not workloads.',
  example: 'A Spin application in a Pod with runtimeClassName: wasmtime.',
  fix:
    'Set runtimeClassName to a class whose handler runs the image, or remove it: wasmgate then chooses a class. IMAGES.md lists ' +
    'which handlers run which images.',
  check: (context) => {
    const { pod, resolved, containers } = context;
    const { class: runtimeClass, profile } = resolved;
    if (runtimeClass === null || profile === null) return NO_FINDINGS;
    const isChosen = pod.metadata?.annotations?.[CHOSEN_CLASS_ANNOTATION] === runtimeClass.name;
    const chosen = isChosen ? ', which wasmgate chose before this container was added,' : '';
    const handler = `${profile.title} of RuntimeClass "${runtimeClass.name}"${chosen}`;
    return containers.flatMap((assessed) => {
      const { container, verdict } = assessed;
      if (verdict.kind !== 'wasm' && verdict.kind !== 'container') return [];
      const { runs, why } = canRun(profile, verdict);
      if (runs !== 'no') return [];
      const byDigest = insteadOfIndex(assessed) ?? insteadOfLinuxEntry(assessed);
      return {
        id: 'handler-cannot-run-image' as const,
        container: container.name,
        detail: `${byDigest === null ? `${describeImage(assessed)}, but` : `${describeName(assessed)}:`} ${handler} ${why}`,
        advice: byDigest ?? ((alternatives) => adviceFor(alternatives, isChosen)),
      };
    });
  },
};
