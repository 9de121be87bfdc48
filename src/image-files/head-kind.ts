import { sniffFile } from '../image/file-kind.ts';
import { parseTarHeader, TAR_BLOCK } from '../image/tar-header.ts';

/** What the beginning of a file shows. `text`: WebAssembly text · `packed`: compressed */
export type HeadKind = 'module' | 'component' | 'text' | 'tar' | 'packed' | 'other';

export const HEAD_BYTES = TAR_BLOCK;

/** gzip, zstd, xz and bzip2. */
const COMPRESSIONS: readonly (readonly number[])[] = [
  [0x1f, 0x8b],
  [0x28, 0xb5, 0x2f, 0xfd],
  [0xfd, 0x37, 0x7a, 0x58, 0x5a],
  [0x42, 0x5a, 0x68],
];

/** The first form of WebAssembly text, behind comments of one line. */
const TEXT = /^(?:\s|;;[^\n]*\n)*\(\s*(?:module|component)\b/;

export function kindOfHead(head: Uint8Array): HeadKind {
  const program = sniffFile(head);
  if (program === 'module' || program === 'component') return program;
  if (COMPRESSIONS.some((magic) => magic.every((byte, index) => head[index] === byte))) return 'packed';
  if (head.length === TAR_BLOCK && parseTarHeader(head) !== null) return 'tar';
  return TEXT.test(new TextDecoder().decode(head)) ? 'text' : 'other';
}
