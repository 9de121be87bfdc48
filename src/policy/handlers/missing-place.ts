import type { Verdict } from '../../detect/verdict.ts';
import type { HandlerProfile } from './handler-profiles.ts';

/**
 * Returns why a shim of runwasi does not find what crun and runc would; null if nothing is known to be missing. Measured on the
 * Wasmtime shim: `can't handle spec` for a file that only PATH leads to, and `failed to unix syscall` for a working directory
 * that is not there, which crun makes.
 */
export function missingPlace({ engine }: HandlerProfile, verdict: Verdict): string | null {
  if (verdict.kind !== 'wasm' || (engine !== 'wasmtime' && engine !== 'module-shim')) return null;
  const { firstArgument, isOnlyOnPath, missingFolder } = verdict;
  if (missingFolder !== undefined)
    return `does not make the working directory ${missingFolder}, which no layer of the image has`;
  return isOnlyOnPath === true
    ? `does not look for ${firstArgument ?? ''} along PATH, and the working directory does not have it`
    : null;
}
