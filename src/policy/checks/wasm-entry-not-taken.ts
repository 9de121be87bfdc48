import { HANDLER_ANNOTATION, VARIANT_ANNOTATION } from '../../pod/names.ts';
import { NO_FINDINGS, type Rule, type PolicyContext } from '../check.ts';
import { compatAnnotation } from '../compat-annotation.ts';
import { describeClass, describeContainer, insteadOfLinuxEntry } from '../describe.ts';
import { canRun } from '../handlers/can-run.ts';

/** crun is a runtime for Linux as well: there only an annotation tells that Wasm is meant. */
function isMeantForWasm({ pod, resolved }: PolicyContext): boolean {
  const { origin, profile } = resolved;
  if (origin !== 'pod' || profile === null || profile.engine === 'linux') return false;
  if (!profile.needsAnnotation) return true;
  const annotations = pod.metadata?.annotations ?? {};
  const isAnnotated = VARIANT_ANNOTATION in annotations || HANDLER_ANNOTATION in annotations;
  // With compat such a Pod is refused, and told the same.
  return isAnnotated && compatAnnotation(pod, profile) === null;
}

export const wasmEntryNotTaken: Rule = {
  id: 'wasm-entry-not-taken',
  why:
    "Nodes pull an index's Linux entry whenever there is one, whatever the RuntimeClass. The Wasm runtime then starts a Linux " +
    'program as an ordinary container: nothing fails, and no Wasm runs.',
  checks:
    "What the index offers beside the entry that nodes take, and the handler of the Pod's RuntimeClass.",
  exempts:
    'Pods with a Wasm container, beside which a Linux one is at home; classes for Linux, and crun without an annotation for ' +
    'Wasm; the entry for Wasm, named by its digest.',
  example:
    'An image built with docker buildx build --platform linux/amd64,wasi/wasm in a Pod with runtimeClassName: wasmtime.',
  fix: 'Name the entry for Wasm by its digest, or give it a tag of its own.',
  check: (context) => {
    const { containers, wasmContainers, resolved } = context;
    const { class: runtimeClass, profile } = resolved;
    if (wasmContainers.length > 0 || runtimeClass === null || profile === null) return NO_FINDINGS;
    if (!isMeantForWasm(context)) return NO_FINDINGS;
    return containers.flatMap((assessed) => {
      const advice = insteadOfLinuxEntry(assessed);
      if (advice === null || canRun(profile, assessed.verdict).runs === 'no') return [];
      return {
        id: 'wasm-entry-not-taken' as const,
        container: assessed.container.name,
        detail: `${describeContainer(assessed)} names an index with entries for Linux and for Wasm: nodes take the one for Linux, and ${describeClass(runtimeClass)} runs that as an ordinary container`,
        advice,
      };
    });
  },
};
