import type { Verdict } from '../../detect/verdict.ts';
import type { HandlerProfile } from './handler-profiles.ts';

/**
 * Returns why the runtime does not find what runc would; null if nothing is known to be missing. Measured on the Wasmtime shim:
 * `can't handle spec` for a file that only PATH leads to, and `failed to unix syscall` for a working directory that is not there,
 * which crun makes. Measured on crun with WasmEdge: `loading failed` for a file that only PATH leads to.
 */
export function missingPlace({ engine }: HandlerProfile, verdict: Verdict): string | null {
  if (verdict.kind !== 'wasm') return null;
  const { firstArgument, isOnlyOnPath, missingFolder } = verdict;
  if (engine === 'crun' || engine === 'crun-wasm')
    return isOnlyOnPath === true
      ? `finds ${firstArgument ?? ''} along PATH, and its engine (WasmEdge) looks for it in the working directory`
      : null;
  if (engine !== 'wasmtime' && engine !== 'module-shim') return null;
  if (missingFolder !== undefined)
    return `does not make the working directory ${missingFolder}, which no layer of the image has`;
  return isOnlyOnPath === true
    ? `does not look for ${firstArgument ?? ''} along PATH, and the working directory does not have it`
    : null;
}
