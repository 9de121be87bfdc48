import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Digest } from '../image/reference.ts';

const BLOCK = 512;

export interface TarLayer {
  readonly gzip: Uint8Array;
  /** Of the tar itself: what `rootfs.diff_ids` of an image config lists. */
  readonly diffId: Digest;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

/** One header block (POSIX.1-1988 ustar); a time of zero makes the same image at every run. */
function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 100, 'utf8');
  block.write(octal(0o755, 8), 100, 'latin1');
  block.write(octal(0, 8) + octal(0, 8) + octal(size, 12) + octal(0, 12), 108, 'latin1');
  block.write(' '.repeat(8), 148, 'latin1');
  block.write('0', 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 7)} `, 148, 'latin1');
  return block;
}

/** A file-system layer with these files, by name without a leading slash. */
export function createTarLayer(files: Readonly<Record<string, Uint8Array | string>>): TarLayer {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const bytes = Buffer.from(content);
    const padding = Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK);
    return [header(name, bytes.length), bytes, padding];
  });
  const tar = Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
  return { gzip: gzipSync(tar), diffId: `sha256:${createHash('sha256').update(tar).digest('hex')}` };
}
