import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { AppError } from '../../src/lib/errors.ts';
import { readHead, verifyWhole, type HeadOptions } from '../../src/lib/read-head.ts';

const text = Buffer.from('a tar archive, '.repeat(2000));
const packed = gzipSync(text);

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
  await Promise.resolve();
}

async function* failing(failure: Error): AsyncGenerator<Uint8Array> {
  yield* chunksOf(packed.subarray(0, 20));
  throw failure;
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function digestOf(bytes: Uint8Array, algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

const faults: HeadOptions['faults'] = {
  mismatch: (actual) => new Error(`another digest: ${actual}`),
  broken: (why) => new Error(`broken: ${why}`),
};

test('verifies the bytes as stored, and decompresses them up to the bound', async () => {
  const options = { digest: digestOf(packed), faults };
  expect(await collect(readHead(chunksOf(packed), { ...options, maxInflatedBytes: 100_000 }))).toEqual(text);
  const head = await collect(readHead(chunksOf(packed), { ...options, maxInflatedBytes: 10 }));
  expect(head).toEqual(text.subarray(0, 10));
  expect(await collect(readHead(chunksOf(packed), { ...options, maxInflatedBytes: null }))).toEqual(packed);
});

test('a beginning without a digest is not verified', async () => {
  const head = chunksOf(packed.subarray(0, 50));
  const options = { digest: null, maxInflatedBytes: 100_000, faults };
  expect(text.subarray(0, 5)).toEqual((await collect(readHead(head, options))).subarray(0, 5));
});

test.each(['sha256', 'sha512'])('another digest (%s) is an error that names it', async (algorithm) => {
  const digest = digestOf(Buffer.from('other'), algorithm);
  const actual = digestOf(text, algorithm);
  await expect(collect(verifyWhole(chunksOf(text), digest, faults.mismatch))).rejects.toThrow(actual);
  const options = { digest: digestOf(text, algorithm), maxInflatedBytes: null, faults };
  expect(await collect(readHead(chunksOf(text), options))).toEqual(text);
});

test('broken data is an error, and errors of the source are its own', async () => {
  const options = { digest: null, maxInflatedBytes: 100_000, faults };
  const corrupt = Buffer.concat([packed.subarray(0, -8), Buffer.alloc(8, 0xff)]);
  await expect(collect(readHead(chunksOf(corrupt), options))).rejects.toThrow(/^broken: /);
  const error = new AppError('unreachable', 'the connection broke');
  await expect(collect(readHead(failing(error), options))).rejects.toBe(error);
});
