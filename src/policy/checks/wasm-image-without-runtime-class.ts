import { NO_FINDINGS, type ChoiceRule, type PolicyContext } from '../check.ts';
import { describeContainer } from '../describe.ts';

/** What the missing class says, and when to try again. */
interface Missing {
  readonly why: string;
  readonly retry: string;
}

/**
 * The validating call does not learn whether the mutating one was made, or which replica answered it. Certain is only that the
 * Pod was not changed, and whether this replica came to know the image just now.
 */
function describeMissing({ hasStaleClasses, isJustKnown }: PolicyContext): Missing {
  if (hasStaleClasses === true) {
    return {
      why: 'is not injected now: what wasmgate knows of RuntimeClasses may be out of date',
      retry: 'Apply again in a few seconds.',
    };
  }
  if (isJustKnown === true)
    return { why: 'could not be injected in time', retry: 'Apply again: the image is known now.' };
  return {
    why: "wasmgate's mutating webhook did not inject",
    retry:
      'Apply again. If this repeats, the API server does not reach that webhook: check caBundle and ' +
      'namespaceSelector in MutatingWebhookConfiguration "wasmgate".',
  };
}

export const wasmImageWithoutRuntimeClass: ChoiceRule = {
  id: 'wasm-image-without-runtime-class',
  why:
    'A Wasm Pod that reaches validation without its class was not mutated: the mutating call timed out, was ' +
    'away, or knew that its RuntimeClasses were out of date; admitted so, it could never start, and its class cannot be set later.',
  checks: 'spec.runtimeClassName, after the mutating call had its say.',
  exempts: 'Everything before that call.',
  example: 'A Wasm Pod created in the moment in which the mutating webhook could not be reached.',
  fix:
    'Apply again, or set spec.runtimeClassName yourself. If every Wasm Pod is refused so, the API server does not reach the ' +
    'mutating webhook: check caBundle in MutatingWebhookConfiguration "wasmgate".',
  check: (context) => {
    const { isMutated, resolved, wasmContainers } = context;
    const [first] = wasmContainers;
    if (!isMutated || resolved.origin !== 'chosen' || resolved.class === null || first === undefined)
      return NO_FINDINGS;
    const { why, retry } = describeMissing(context);
    const { name } = resolved.class;
    return [
      {
        id: 'wasm-image-without-runtime-class',
        container: first.container.name,
        detail: `${describeContainer(first)} needs RuntimeClass "${name}", which ${why}`,
        advice: `${retry} Or set spec.runtimeClassName: ${name} yourself.`,
      },
    ];
  },
};
