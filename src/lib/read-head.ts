import { createHash } from 'node:crypto';
import { AppError, describeError } from './errors.ts';
import { inflate } from './inflate.ts';

/** Creates the error to throw. */
interface HeadFaults {
  /** The whole content has another digest. */
  readonly mismatch: (actual: string) => Error;
  /** The content is no valid gzip or zstd, although it begins like it. */
  readonly broken: (why: string) => Error;
}

export interface HeadOptions {
  /** `sha256:…` of the bytes as stored, if the source holds all of them; null if it holds only their beginning. */
  readonly digest: string | null;
  /** Bytes after decompression (gzip, zstd); null leaves them compressed. */
  readonly maxInflatedBytes: number | null;
  readonly faults: HeadFaults;
}

type Source = AsyncIterable<Uint8Array>;

/** Yields up to `cap` bytes and closes the source. */
async function* limitBytes(source: Source, cap: number): AsyncGenerator<Uint8Array> {
  let left = cap;
  for await (const chunk of source) {
    yield chunk.subarray(0, left);
    left -= chunk.byteLength;
    if (left <= 0) return;
  }
}

/** Verifies the digest of bytes that are read to their end. */
export async function* verifyWhole(
  source: Source,
  digest: string,
  mismatch: HeadFaults['mismatch'],
): AsyncGenerator<Uint8Array> {
  const [algorithm = ''] = digest.split(':', 1);
  const hash = createHash(algorithm);
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
  const actual = `${algorithm}:${hash.digest('hex')}`;
  if (actual !== digest) throw mismatch(actual);
}

async function* inflateOrThrow(source: Source, broken: HeadFaults['broken']): AsyncGenerator<Uint8Array> {
  try {
    yield* inflate(source);
  } catch (error) {
    // The source's own errors say more.
    throw error instanceof AppError ? error : broken(describeError(error));
  }
}

/** Returns the bytes of a blob, or of its beginning: verified as far as they can be, and decompressed. */
export function readHead(source: Source, { digest, maxInflatedBytes, faults }: HeadOptions): Source {
  const bytes = digest === null ? source : verifyWhole(source, digest, faults.mismatch);
  return maxInflatedBytes === null
    ? bytes
    : limitBytes(inflateOrThrow(bytes, faults.broken), maxInflatedBytes);
}
