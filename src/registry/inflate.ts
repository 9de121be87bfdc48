import { pipeline, Readable, type Transform } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { createFrameCutter } from './zstd-frames.ts';

type Source = AsyncIterable<Uint8Array>;

interface Format {
  readonly magic: readonly number[];
  /** A head just ends: it gives what it has instead of an error. */
  readonly create: () => Transform;
  readonly prepare: (source: Source) => Source;
}

async function* cutFrames(source: Source): AsyncGenerator<Uint8Array> {
  const cut = createFrameCutter();
  for await (const chunk of source) yield* cut(chunk);
}

/** RFC 1952 and RFC 8878. What a layer is compressed with is seen from its first bytes: media types are known to lie. */
const FORMATS: readonly Format[] = [
  {
    magic: [0x1f, 0x8b],
    create: () => createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }),
    prepare: (source) => source,
  },
  {
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    create: () => createZstdDecompress({ finishFlush: constants.ZSTD_e_flush }),
    prepare: cutFrames,
  },
];

const MAGIC_BYTES = 4;

/** The first bytes as one piece of at least MAGIC_BYTES, where there are so many, then the rest as it comes. */
async function* withWholeStart(source: Source): AsyncGenerator<Uint8Array> {
  let start: Uint8Array | null = new Uint8Array();
  for await (const chunk of source) {
    if (start === null) {
      yield chunk;
      continue;
    }
    start = start.length === 0 ? chunk : Buffer.concat([start, chunk]);
    if (start.length < MAGIC_BYTES) continue;
    yield start;
    start = null;
  }
  if (start !== null && start.length > 0) yield start;
}

async function* prepend(first: Uint8Array, rest: Source): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

/**
 * Takes gzip or zstd off a stream, or nothing where it is neither. Holds a few pieces at a time, whatever the input claims
 * to hold; ends where the input ends, and throws what the library throws on input that is broken.
 */
export async function* inflate(source: Source): AsyncGenerator<Uint8Array> {
  const pieces = withWholeStart(source);
  const { value: first, done } = await pieces.next();
  if (done === true) return;
  const whole = prepend(first, pieces);
  const format = FORMATS.find(({ magic }) => magic.every((byte, index) => first[index] === byte));
  if (format === undefined) yield* whole;
  // A failure of either stream is thrown by reading the last one.
  else yield* pipeline(Readable.from(format.prepare(whole)), format.create(), () => undefined) as Source;
}
