import { HANDLER_ANNOTATION, VARIANT_ANNOTATION } from '../../pod/names.ts';
import { NO_FINDINGS, type Rule, type PolicyContext } from '../check.ts';
import { compatAnnotation } from '../compat-annotation.ts';
import { describeClass, describeName, insteadOfLinuxEntry } from '../describe.ts';
import { canRun } from '../handlers/can-run.ts';

/** Reports whether the Pod expects Wasm. Because crun also runs Linux, only an annotation shows that for crun. */
function expectsWasm({ pod, resolved }: PolicyContext): boolean {
  const { origin, profile } = resolved;
  if (origin !== 'pod' || profile === null || profile.engine === 'linux') return false;
  if (!profile.needsAnnotation) return true;
  const annotations = pod.metadata?.annotations ?? {};
  const isAnnotated = VARIANT_ANNOTATION in annotations || HANDLER_ANNOTATION in annotations;
  // linux-container-under-compat denies such a Pod with the same advice.
  return isAnnotated && compatAnnotation(pod, profile) === null;
}

export const wasmEntryNotTaken: Rule = {
  id: 'wasm-entry-not-taken',
  why:
    "Nodes pull an index's Linux entry whenever there is one, whatever the RuntimeClass. The Wasm runtime then starts " +
    'a Linux program as an ordinary container: nothing fails, and no Wasm runs.',
  checks:
    "The Wasm entries of an index beside the Linux entry that nodes pull, and the handler of the Pod's RuntimeClass.",
  exempts:
    'Pods with a Wasm container, in which Linux containers are normal; classes for Linux, and crun without an ' +
    'annotation for Wasm; the digest of the Wasm entry.',
  example:
    'An image built with docker buildx build --platform linux/amd64,wasi/wasm, in a Pod with runtimeClassName: ' +
    'wasmtime.',
  fix: 'Use the digest of the Wasm entry, or give it a tag of its own.',
  check: (context) => {
    const { containers, wasmContainers, resolved } = context;
    const { class: runtimeClass, profile } = resolved;
    if (wasmContainers.length > 0 || runtimeClass === null || profile === null) return NO_FINDINGS;
    if (!expectsWasm(context)) return NO_FINDINGS;
    return containers.flatMap((assessed) => {
      const advice = insteadOfLinuxEntry(assessed);
      if (advice === null || canRun(profile, assessed.verdict).runs === 'no') return [];
      return {
        id: 'wasm-entry-not-taken' as const,
        container: assessed.container.name,
        detail: `${describeName(assessed)} runs as Linux under ${describeClass(runtimeClass)}: nodes pull its Linux entry`,
        advice,
      };
    });
  },
};
