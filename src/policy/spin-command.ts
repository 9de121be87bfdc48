import type { WasmVerdict } from '../detect/verdict.ts';

/** Spin's shim starts whatever it finds by itself, but the node wants some command: `/` by convention (spin-operator). */
export const SPIN_COMMAND: readonly string[] = ['/'];

export function takesSpinCommand({ flavour }: WasmVerdict): boolean {
  return flavour === 'spin-app' || flavour === 'spin-rootfs';
}
