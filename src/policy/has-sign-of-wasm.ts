import { namesWasmFile } from '../detect/effective-command.ts';
import { expandVariables } from '../detect/expand-variables.ts';
import { HANDLER_ANNOTATION, VARIANT_ANNOTATION } from '../pod/names.ts';
import type { Container, Pod } from '../pod/pod.ts';
import { visitContainers } from '../pod/visit-containers.ts';
import type { ClusterView } from './facts.ts';
import { handlerTable } from './handlers/handler-table.ts';
import type { PolicySettings } from './settings.ts';

/** Reports whether any argument of the container ends like a Wasm file. */
export function namesWasmArgument({ command, args, env }: Container): boolean {
  return expandVariables([...(command ?? []), ...(args ?? [])], env).some(({ text }) => namesWasmFile(text));
}

/** Reports whether the Pod names a class that is for Wasm, or that does not exist and so may be. */
function namesWasmClass({ spec }: Pod, cluster: ClusterView, settings: PolicySettings): boolean {
  if (!spec.runtimeClassName) return false;
  const named = cluster.runtimeClass(spec.runtimeClassName);
  if (named === undefined) return true;
  const profile = handlerTable(settings).profileOf(named.handler);
  return profile !== null && profile.engine !== 'linux';
}

/** Reports whether the Pod itself, regardless of its images, suggests Wasm. */
export function hasSignOfWasm(pod: Pod, cluster: ClusterView, settings: PolicySettings): boolean {
  const annotations = pod.metadata?.annotations;
  return (
    annotations?.[VARIANT_ANNOTATION] !== undefined ||
    annotations?.[HANDLER_ANNOTATION] !== undefined ||
    namesWasmClass(pod, cluster, settings) ||
    visitContainers(pod.spec).some(({ container }) => namesWasmArgument(container))
  );
}
