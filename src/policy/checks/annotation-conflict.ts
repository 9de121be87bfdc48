import { HANDLER_ANNOTATION, VARIANT_ANNOTATION } from '../../pod/names.ts';
import { NO_FINDINGS, type Rule } from '../check.ts';
import type { Finding } from '../decision.ts';

function finding(detail: string, advice: string): readonly Finding[] {
  return [{ id: 'annotation-conflict', container: null, detail, advice }];
}

export const annotationConflict: Rule = {
  id: 'annotation-conflict',
  why:
    'crun reads run.oci.handler first and then the variant annotation; an unknown value, or any ' +
    'run.oci.handler under the crun-wasm handler, keeps the module from running.',
  reads: 'The two annotations, on Wasm Pods whose handler reads them.',
  allows: 'compat-smart, compat, wasm-smart and wasm; Pods without these annotations.',
  example:
    'A Wasm module on RuntimeClass crun-wasm (handler crun) with module.wasm.image/variant: compat-smrt.',
  cure:
    'Use module.wasm.image/variant: compat-smart, or leave both annotations out: wasmgate adds the right ' +
    'one.',
  check: ({ pod, resolved, wasmContainers }) => {
    const annotations = pod.metadata?.annotations;
    if (!annotations || resolved.profile === null || wasmContainers.length === 0) return NO_FINDINGS;
    const handler = annotations[HANDLER_ANNOTATION];
    const variant = annotations[VARIANT_ANNOTATION];
    if (resolved.profile.engine === 'crun-wasm' && handler !== undefined) {
      return finding(
        `Annotation ${HANDLER_ANNOTATION}: ${handler} makes handler crun-wasm refuse every container of the Pod`,
        `Remove ${HANDLER_ANNOTATION}: crun-wasm needs no annotation.`,
      );
    }
    if (!resolved.profile.needsAnnotation) return NO_FINDINGS;
    if (handler !== undefined && handler !== 'wasm' && handler !== 'wasm-smart') {
      return finding(
        `Annotation ${HANDLER_ANNOTATION}: ${handler} hides ${VARIANT_ANNOTATION} from crun`,
        `Use ${HANDLER_ANNOTATION}: wasm-smart, or remove it.`,
      );
    }
    if (
      handler === undefined &&
      variant !== undefined &&
      variant !== 'compat' &&
      variant !== 'compat-smart'
    ) {
      return finding(
        `Annotation ${VARIANT_ANNOTATION}: ${variant} is a value that crun does not know`,
        `Use ${VARIANT_ANNOTATION}: compat-smart.`,
      );
    }
    return NO_FINDINGS;
  },
};
