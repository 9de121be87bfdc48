import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { inflate } from '../../src/lib/inflate.ts';
import { noiseOf } from '../support/lib/noise.ts';

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const text = Buffer.from('a tar archive, '.repeat(2000));
const noise = noiseOf(300 * 1024);
const frames = Buffer.concat(
  [text.subarray(0, 100), text.subarray(100)].map((part) => zstdCompressSync(part)),
);

describe('decompression of chunks of any size', () => {
  async function* chunksOf(blob: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < blob.length; at += length) yield blob.subarray(at, at + length);
  }

  const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9]);
  test.for<[string, Buffer, Buffer]>([
    ['gzip in two members', Buffer.concat([gzipSync(text), gzipSync(noise)]), Buffer.concat([text, noise])],
    [
      'zstd in frames, one of them skippable',
      Buffer.concat([frames, skippable, zstdCompressSync(noise)]),
      Buffer.concat([text, noise]),
    ],
    ['too short for a magic number', Buffer.of(0x1f), Buffer.of(0x1f)],
    ['no bytes', Buffer.of(), Buffer.of()],
  ])('%s', async ([, blob, expected]) => {
    for (const length of [1, 7, 4096, 1_000_000]) {
      // Tiny chunks of a large blob would take too long.
      if (length * 20_000 > blob.length)
        expect(await collect(inflate(chunksOf(blob, length)))).toEqual(expected);
    }
  });
});
