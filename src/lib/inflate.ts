import { pipeline, Readable, type Transform } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';

type Source = AsyncIterable<Uint8Array>;

interface Format {
  readonly magic: readonly number[];
  /** Flushes at the end of the input, so that the head of a layer inflates without an error. */
  readonly create: () => Transform;
  readonly prepare: (source: Source) => Source;
}

async function* cutFrames(source: Source): AsyncGenerator<Uint8Array> {
  const cut = createFrameCutter();
  for await (const chunk of source) yield* cut(chunk);
}

/** RFC 1952 and RFC 8878. The first bytes name the compression; media types are often wrong. */
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

/** Yields a first piece of at least MAGIC_BYTES, if there are so many, then the rest unchanged. */
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
 * Decompresses gzip or zstd; passes anything else through. Holds a few pieces at a time, whatever the input's declared size,
 * ends where the input ends, and throws the library's error on broken input.
 */
export async function* inflate(source: Source): AsyncGenerator<Uint8Array> {
  const pieces = withWholeStart(source);
  const { value: first, done } = await pieces.next();
  if (done === true) return;
  const whole = prepend(first, pieces);
  const format = FORMATS.find(({ magic }) => magic.every((byte, index) => first[index] === byte));
  if (format === undefined) yield* whole;
  // Reading the last stream throws the failure of either.
  else yield* pipeline(Readable.from(format.prepare(whole)), format.create(), () => undefined) as Source;
}

/** Kind of the next bytes (RFC 8878, section 3.1); `lost`: not Zstandard data, which the decoder will report. */
type Part = 'magic' | 'descriptor' | 'block' | 'skippable' | 'end' | 'lost';

/** Length of each part's head, which holds the length of the rest. */
const HEAD_BYTES: Readonly<Record<Part, number>> = {
  magic: 4,
  descriptor: 1,
  block: 3,
  skippable: 4,
  end: 0,
  lost: 0,
};

const FRAME_MAGIC = 0xfd2fb528;
/** The low four bits are arbitrary. */
const SKIPPABLE_MAGIC = 0x184d2a50;

const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const CHECKSUM_BYTES = 4;

interface Next {
  readonly part: Part;
  /** Bytes before the part. */
  readonly skip: number;
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

function afterMagic(magic: number): Next {
  if (magic === FRAME_MAGIC) return { part: 'descriptor', skip: 0 };
  const isSkippable = magic - (magic % 16) === SKIPPABLE_MAGIC;
  return { part: isSkippable ? 'skippable' : 'lost', skip: 0 };
}

function afterDescriptor(descriptor: number): Next {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = (descriptor >> 6) & 3;
  const contentSize = sizeFlag === 0 && isSingleSegment ? 1 : (CONTENT_SIZE_BYTES[sizeFlag] ?? 0);
  const dictionary = DICTIONARY_BYTES[descriptor & 3] ?? 0;
  return { part: 'block', skip: (isSingleSegment ? 0 : 1) + dictionary + contentSize };
}

function afterBlock(header: number, hasChecksum: boolean): Next {
  const isLast = (header & 1) === 1;
  const type = (header >> 1) & 3;
  if (type === 3) return { part: 'lost', skip: 0 };
  const content = type === 1 ? 1 : header >> 3;
  return isLast
    ? { part: 'end', skip: content + (hasChecksum ? CHECKSUM_BYTES : 0) }
    : { part: 'block', skip: content };
}

/**
 * Splits a stream at the ends of frames. Node's decoder drops bytes behind the end of a frame within one write
 * (github.com/nodejs/node issue 64741), and podman's zstd:chunked layers have one frame per file.
 */
function createFrameCutter(): (chunk: Uint8Array) => readonly Uint8Array[] {
  let part: Part = 'magic';
  let skip = 0;
  let hasChecksum = false;
  const head = new Uint8Array(4);
  let filled = 0;

  function advance(): void {
    const value = littleEndian(head.subarray(0, filled));
    filled = 0;
    if (part === 'descriptor') hasChecksum = (value & 4) !== 0;
    if (part === 'magic') ({ part, skip } = afterMagic(value));
    else if (part === 'descriptor') ({ part, skip } = afterDescriptor(value));
    else if (part === 'block') ({ part, skip } = afterBlock(value, hasChecksum));
    else ({ part, skip } = { part: 'end', skip: value });
  }

  return (chunk) => {
    const pieces: Uint8Array[] = [];
    let start = 0;
    let at = 0;
    while (at < chunk.length && part !== 'lost') {
      if (skip > 0) {
        const count = Math.min(skip, chunk.length - at);
        skip -= count;
        at += count;
      } else if (part === 'end') {
        pieces.push(chunk.subarray(start, at));
        start = at;
        part = 'magic';
      } else {
        head[filled++] = chunk[at++] ?? 0;
        if (filled === HEAD_BYTES[part]) advance();
      }
    }
    pieces.push(chunk.subarray(start));
    return pieces.filter(({ length }) => length > 0);
  };
}
