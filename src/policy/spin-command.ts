import type { WasmVerdict } from '../detect/verdict.ts';

/**
 * Spin's and slight's shims start whatever they find by themselves, but the node wants some command: `/` by convention
 * (spin-operator; the workloads of deislabs containerd-wasm-shims).
 */
export const SPIN_COMMAND: readonly string[] = ['/'];

export function takesSpinCommand({ flavour }: WasmVerdict): boolean {
  return flavour === 'spin-app' || flavour === 'spin-rootfs' || flavour === 'slight-app';
}
