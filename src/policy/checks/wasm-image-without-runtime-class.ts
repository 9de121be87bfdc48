import { NO_FINDINGS, type ChoiceRule, type PolicyContext } from '../check.ts';
import { describeName } from '../describe.ts';

/** Why the class is missing, and when to retry. */
interface Missing {
  readonly why: string;
  readonly retry: string;
}

/**
 * Describes why the class is missing. The validating call does not show whether the mutating call took place, or which replica
 * served it: only that the Pod was not changed, and whether this replica read the image just now.
 */
function describeMissing({ hasStaleClasses, isJustKnown }: PolicyContext): Missing {
  if (hasStaleClasses === true) {
    return {
      why: 'wasmgate did not set: its RuntimeClasses may be out of date',
      retry: 'Apply again in a few seconds.',
    };
  }
  if (isJustKnown === true)
    return { why: 'wasmgate could not set in time', retry: 'Apply again: the image is known now.' };
  return {
    why: 'the mutating webhook did not set',
    retry:
      'Apply again. If this repeats, check caBundle and namespaceSelector in MutatingWebhookConfiguration "wasmgate".',
  };
}

export const wasmImageWithoutRuntimeClass: ChoiceRule = {
  id: 'wasm-image-without-runtime-class',
  why:
    'A Wasm Pod that reaches validation without its class was not mutated: the mutating call timed out, failed, or ' +
    'had outdated RuntimeClasses. If admitted, the Pod would never start (`exec: "/app.wasm": permission denied`), ' +
    'and its class cannot be set later.',
  checks: 'spec.runtimeClassName, after the mutating call.',
  exempts: 'Everything before that call.',
  example: 'A Wasm Pod created while the API server could not reach the mutating webhook.',
  fix:
    'Apply again, or set spec.runtimeClassName yourself. If wasmgate denies every Wasm Pod like this, the API server ' +
    'cannot reach the mutating webhook: check caBundle and namespaceSelector in MutatingWebhookConfiguration "wasmgate".',
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
        detail: `${describeName(first)} needs RuntimeClass "${name}", which ${why}`,
        advice: retry,
      },
    ];
  },
};
