import { HANDLER_ANNOTATION, VARIANT_ANNOTATION } from '../pod/names.ts';
import type { Pod } from '../pod/pod.ts';
import type { HandlerProfile } from './handlers/can-run.ts';

export interface CompatAnnotation {
  /** As the Pod has it. */
  readonly written: string;
  /** The value that goes by the suffix of the first argument instead. */
  readonly smart: string;
}

/** The annotation by which crun hands every container of the Pod to its Wasm engine; null where there is none. */
export function compatAnnotation(
  { metadata }: Pod,
  profile: Pick<HandlerProfile, 'needsAnnotation'> | null,
): CompatAnnotation | null {
  const annotations = metadata?.annotations;
  if (profile?.needsAnnotation !== true || !annotations) return null;
  const handler = annotations[HANDLER_ANNOTATION];
  if (handler === 'wasm') return { written: `${HANDLER_ANNOTATION}: wasm`, smart: 'wasm-smart' };
  // crun reads the variant only where the handler annotation is absent.
  return handler === undefined && annotations[VARIANT_ANNOTATION] === 'compat'
    ? { written: `${VARIANT_ANNOTATION}: compat`, smart: 'compat-smart' }
    : null;
}
