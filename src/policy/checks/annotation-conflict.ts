import { HANDLER_ANNOTATION, VARIANT_ANNOTATION } from '../../pod/names.ts';
import { NO_FINDINGS, type Rule, type PolicyContext } from '../check.ts';
import { compatAnnotation, namedEngine } from '../compat-annotation.ts';
import type { Finding } from '../decision.ts';
import { describeContainer } from '../describe.ts';
import { isPassedOver } from '../handlers/can-run.ts';

function finding(detail: string, advice: string): readonly Finding[] {
  return [{ id: 'annotation-conflict', container: null, detail, advice }];
}

/** Finds files that crun ignores because of their suffix, whatever annotation wasmgate adds. */
function ignoredFiles({ pod, resolved, wasmContainers }: PolicyContext): readonly Finding[] {
  const { profile } = resolved;
  if (profile === null || compatAnnotation(pod, profile) !== null) return NO_FINDINGS;
  return wasmContainers.flatMap((assessed) => {
    const { container, verdict } = assessed;
    if (!isPassedOver(profile, verdict)) return [];
    return {
      id: 'annotation-conflict' as const,
      container: container.name,
      detail: `${describeContainer(assessed)} starts ${verdict.firstArgument ?? ''}, but compat-smart needs a name that ends in .wasm`,
      advice: `Rename the file, or set ${VARIANT_ANNOTATION}: compat if all containers are Wasm.`,
    };
  });
}

/** Finds annotations that do not have the intended effect. */
function conflictIn({ pod, resolved, wasmContainers }: PolicyContext): readonly Finding[] {
  const annotations = pod.metadata?.annotations ?? {};
  if (resolved.profile === null || wasmContainers.length === 0) return NO_FINDINGS;
  const handler = annotations[HANDLER_ANNOTATION];
  const variant = annotations[VARIANT_ANNOTATION];
  if (resolved.profile.engine === 'crun-wasm' && handler !== undefined) {
    return finding(
      `Annotation ${HANDLER_ANNOTATION}: ${handler} makes handler crun-wasm reject every container of the Pod`,
      'Remove it: crun-wasm needs no annotation.',
    );
  }
  if (!resolved.profile.needsAnnotation) return NO_FINDINGS;
  if (handler !== undefined && handler !== 'wasm-smart' && namedEngine(pod) === null) {
    return finding(
      `Annotation ${HANDLER_ANNOTATION}: ${handler} hides ${VARIANT_ANNOTATION} from crun`,
      `Set ${HANDLER_ANNOTATION}: wasm-smart, or remove it.`,
    );
  }
  if (handler === undefined && variant !== undefined && variant !== 'compat' && variant !== 'compat-smart') {
    return finding(
      `Annotation ${VARIANT_ANNOTATION}: ${variant} has a value that crun does not know`,
      `Set ${VARIANT_ANNOTATION}: compat-smart.`,
    );
  }
  return NO_FINDINGS;
}

export const annotationConflict: Rule = {
  id: 'annotation-conflict',
  why:
    'crun reads run.oci.handler first and the variant annotation only without it. An unknown value, or any ' +
    'run.oci.handler under handler crun-wasm, keeps the module from running; so does compat-smart if the first ' +
    'argument does not end in .wasm, in lower case. The container ends in StartError: `invalid attempt to override ' +
    'already configured global handler` under crun-wasm, `exists but it is not executable: Operation not permitted` ' +
    'under crun.',
  checks:
    'The two annotations and the first argument of Wasm containers whose handler reads the annotations.',
  exempts: 'compat-smart, compat, wasm-smart, wasm and the names of engines; Pods without these annotations.',
  example:
    'A Wasm module on RuntimeClass crun-wasm (handler crun) with module.wasm.image/variant: compat-smrt.',
  fix:
    'Set module.wasm.image/variant: compat-smart, or remove both annotations: wasmgate adds the right one. Rename the ' +
    'file so that it ends in .wasm.',
  check: (context) => [...conflictIn(context), ...ignoredFiles(context)],
};
