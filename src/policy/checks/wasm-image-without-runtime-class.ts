import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeContainer } from '../describe.ts';

export const wasmImageWithoutRuntimeClass: Rule = {
  id: 'wasm-image-without-runtime-class',
  why:
    'A Wasm Pod that reaches validation without its class was not mutated: the mutating call timed out, was ' +
    'away, or knew that its RuntimeClasses were out of date; admitted so, it could never start, and its class cannot be set later.',
  reads: 'spec.runtimeClassName, after the mutating call had its say.',
  allows: 'Everything before that call.',
  example: 'A Wasm Pod created in the moment in which the mutating webhook could not be reached.',
  cure: 'Apply again, or set spec.runtimeClassName yourself.',
  check: ({ isMutated, resolved, wasmContainers, hasStaleClasses }) => {
    const [first] = wasmContainers;
    if (!isMutated || resolved.origin !== 'chosen' || resolved.class === null || first === undefined)
      return NO_FINDINGS;
    const why =
      hasStaleClasses === true
        ? 'is not injected now: what wasmgate knows of RuntimeClasses may be out of date'
        : 'could not be injected in time';
    const when = hasStaleClasses === true ? 'in a few seconds' : 'the image is known now';
    return [
      {
        id: 'wasm-image-without-runtime-class',
        container: first.container.name,
        detail: `${describeContainer(first)} needs RuntimeClass "${resolved.class.name}", which ${why}`,
        advice: `Apply again: ${when}. Or set spec.runtimeClassName: ${resolved.class.name} yourself.`,
      },
    ];
  },
};
