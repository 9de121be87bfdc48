/** What a file is by its first bytes; `other` is anything that neither a kernel nor a Wasm engine starts. */
export type FileKind = 'module' | 'component' | 'elf' | 'script' | 'other';

/** Bytes that `sniffFile` reads. */
export const SNIFFED_BYTES = 8;

const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d];
const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46];
const SHEBANG = [0x23, 0x21];

function startsWith(head: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => head[index] === byte);
}

/**
 * Detects core modules (WebAssembly core specification, "Modules" in the binary format) and components (component-model
 * design/mvp/Binary.md: the upper half of the version field, the layer, is 1), among others.
 */
export function sniffFile(head: Uint8Array): FileKind {
  if (startsWith(head, ELF_MAGIC)) return 'elf';
  if (startsWith(head, SHEBANG)) return 'script';
  if (!startsWith(head, WASM_MAGIC)) return 'other';
  const version = (head[4] ?? 0) + (head[5] ?? 0) * 256;
  const layer = (head[6] ?? 0) + (head[7] ?? 0) * 256;
  if (layer === 0) return version === 1 ? 'module' : 'other';
  return layer === 1 && head.length >= SNIFFED_BYTES ? 'component' : 'other';
}
