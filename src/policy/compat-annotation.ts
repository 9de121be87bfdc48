import { HANDLER_ANNOTATION, VARIANT_ANNOTATION } from '../pod/names.ts';
import type { Pod } from '../pod/pod.ts';
import type { HandlerProfile } from './handlers/handler-profiles.ts';

export interface CompatAnnotation {
  /** As the Pod writes it. */
  readonly written: string;
  /** The value that makes crun decide by the suffix of the first argument instead. */
  readonly smart: string;
}

/** Engines that crun can be built with; `wasm` is an alias of all of them (libcrun src/libcrun/handlers). */
const ENGINES: Readonly<Record<string, string>> = {
  wasm: 'a Wasm engine',
  wasmtime: 'Wasmtime',
  wasmedge: 'WasmEdge',
  wasmer: 'Wasmer',
  wamr: 'WAMR',
};

/** Returns the engine that annotation run.oci.handler names, in words; null if it names none. */
export function namedEngine({ metadata }: Pick<Pod, 'metadata'>): string | null {
  const name = metadata?.annotations?.[HANDLER_ANNOTATION];
  return name === undefined || !Object.hasOwn(ENGINES, name) ? null : (ENGINES[name] ?? null);
}

/** Returns the annotation that makes crun hand every container of the Pod to its Wasm engine; null if there is none. */
export function compatAnnotation(
  pod: Pod,
  profile: Pick<HandlerProfile, 'needsAnnotation'> | null,
): CompatAnnotation | null {
  const annotations = pod.metadata?.annotations;
  if (profile?.needsAnnotation !== true || !annotations) return null;
  const handler = annotations[HANDLER_ANNOTATION];
  if (handler !== undefined && namedEngine(pod) !== null)
    return { written: `${HANDLER_ANNOTATION}: ${handler}`, smart: 'wasm-smart' };
  // crun reads the variant only if the handler annotation is absent.
  return handler === undefined && annotations[VARIANT_ANNOTATION] === 'compat'
    ? { written: `${VARIANT_ANNOTATION}: compat`, smart: 'compat-smart' }
    : null;
}
