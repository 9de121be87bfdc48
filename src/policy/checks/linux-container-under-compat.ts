import { HANDLER_ANNOTATION, VARIANT_ANNOTATION } from '../../pod/names.ts';
import { describeContainer } from '../describe.ts';
import { NO_FINDINGS, type Rule } from '../check.ts';

export const linuxContainerUnderCompat: Rule = {
  id: 'linux-container-under-compat',
  why:
    'With compat (or run.oci.handler: wasm) crun hands every container of the Pod to the Wasm engine, and ' +
    'an ordinary sidecar dies there.',
  reads: 'The two annotations that crun reads, on classes whose handler reads them.',
  allows: 'compat-smart and wasm-smart, which look at the suffix of the first argument.',
  example: 'A Wasm module with a Linux sidecar and module.wasm.image/variant: compat.',
  cure: 'Use module.wasm.image/variant: compat-smart.',
  check: ({ pod, resolved, containers }) => {
    if (resolved.profile?.needsAnnotation !== true) return NO_FINDINGS;
    const handler = pod.metadata?.annotations?.[HANDLER_ANNOTATION];
    const variant = handler === undefined ? pod.metadata?.annotations?.[VARIANT_ANNOTATION] : undefined;
    if (handler !== 'wasm' && variant !== 'compat') return NO_FINDINGS;
    const [annotation, smart] =
      handler === 'wasm'
        ? [`${HANDLER_ANNOTATION}: wasm`, 'wasm-smart']
        : [`${VARIANT_ANNOTATION}: compat`, 'compat-smart'];
    return containers
      .filter(({ verdict }) => verdict.kind === 'container')
      .map((assessed) => ({
        id: 'linux-container-under-compat' as const,
        container: assessed.container.name,
        detail: `${describeContainer(assessed)} would be given to the Wasm engine by annotation ${annotation}`,
        advice: `Use ${smart}, which leaves containers without a .wasm argument alone.`,
      }));
  },
};
