import { HANDLER_ANNOTATION, VARIANT_ANNOTATION } from '../../pod/names.ts';
import { NO_FINDINGS, type Rule, type PolicyContext } from '../check.ts';
import { compatAnnotation, namedEngine } from '../compat-annotation.ts';
import type { Finding } from '../decision.ts';
import { describeContainer } from '../describe.ts';
import { isPassedOver } from '../handlers/can-run.ts';

function finding(detail: string, advice: string): readonly Finding[] {
  return [{ id: 'annotation-conflict', container: null, detail, advice }];
}

/** crun looks at nothing but the end of the first argument, and no annotation that we inject says more. */
function passedOver({ pod, resolved, wasmContainers }: PolicyContext): readonly Finding[] {
  const { profile } = resolved;
  if (profile === null || compatAnnotation(pod, profile) !== null) return NO_FINDINGS;
  return wasmContainers.flatMap((assessed) => {
    const { container, verdict } = assessed;
    if (!isPassedOver(profile, verdict)) return [];
    return {
      id: 'annotation-conflict' as const,
      container: container.name,
      detail: `${describeContainer(assessed)} starts ${verdict.firstArgument ?? ''}, which crun takes for a Linux program: with compat-smart it looks for a first argument that ends in .wasm`,
      advice: `Let the file's name end in .wasm, or set ${VARIANT_ANNOTATION}: compat where all containers of the Pod are Wasm.`,
    };
  });
}

/** What keeps the annotations from doing their work. */
function conflictIn({ pod, resolved, wasmContainers }: PolicyContext): readonly Finding[] {
  const annotations = pod.metadata?.annotations ?? {};
  if (resolved.profile === null || wasmContainers.length === 0) return NO_FINDINGS;
  const handler = annotations[HANDLER_ANNOTATION];
  const variant = annotations[VARIANT_ANNOTATION];
  if (resolved.profile.engine === 'crun-wasm' && handler !== undefined) {
    return finding(
      `Annotation ${HANDLER_ANNOTATION}: ${handler} makes handler crun-wasm refuse every container of the Pod`,
      `Remove ${HANDLER_ANNOTATION}: crun-wasm needs no annotation.`,
    );
  }
  if (!resolved.profile.needsAnnotation) return NO_FINDINGS;
  if (handler !== undefined && handler !== 'wasm-smart' && namedEngine(pod) === null) {
    return finding(
      `Annotation ${HANDLER_ANNOTATION}: ${handler} hides ${VARIANT_ANNOTATION} from crun`,
      `Use ${HANDLER_ANNOTATION}: wasm-smart, or remove it.`,
    );
  }
  if (handler === undefined && variant !== undefined && variant !== 'compat' && variant !== 'compat-smart') {
    return finding(
      `Annotation ${VARIANT_ANNOTATION}: ${variant} is a value that crun does not know`,
      `Use ${VARIANT_ANNOTATION}: compat-smart.`,
    );
  }
  return NO_FINDINGS;
}

export const annotationConflict: Rule = {
  id: 'annotation-conflict',
  why:
    'crun reads run.oci.handler first and then the variant annotation; an unknown value, or any ' +
    'run.oci.handler under the crun-wasm handler, keeps the module from running. So does compat-smart where the first ' +
    'argument does not end in .wasm, in lower case.',
  checks: 'The two annotations, and the first argument, of Wasm Pods whose handler goes by them.',
  exempts: 'compat-smart, compat, wasm-smart, wasm and the names of engines; Pods without these annotations.',
  example:
    'A Wasm module on RuntimeClass crun-wasm (handler crun) with module.wasm.image/variant: compat-smrt.',
  fix:
    'Use module.wasm.image/variant: compat-smart, or leave both annotations out: wasmgate adds the right ' +
    'one.',
  check: (context) => [...conflictIn(context), ...passedOver(context)],
};
