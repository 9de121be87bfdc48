import { setImmediate as nextTurn } from 'node:timers/promises';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { detectWasm } from '../detect/detect-wasm.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import { readStoredFacts, storedFacts, storeFacts } from '../image/stored-facts.ts';
import { AppError } from '../lib/errors.ts';
import { oncePer } from '../lib/once-per.ts';
import type { KeptImage } from './image-cache.ts';
import { invalidReference } from './image-result.ts';

/** Identifies the format. A snapshot of another version is ignored: its images are looked up again. */
const HEADER = '{"wasmgateImages":1}';

export const SNAPSHOT_LIMITS = {
  /**
   * Characters of a snapshot: some 1,500 images. It takes a quarter of that as gzip, which leaves room below the 1 MiB of a
   * Secret, and three times as much memory once parsed, of the cache's 36 MiB.
   */
  maxLength: 4 * 1024 * 1024,
  /** Characters of one image: ordinary ones take 3,000, one of 500 layers 150,000. */
  maxImageLength: 160 * 1024,
  /** Lines that are read: an image takes some 700 characters at least, so more lines are no images. */
  maxLines: 10_000,
  /** Characters that a namespace may fill before the next one's turn: an image or two. */
  quantum: 4096,
  /** Images that are read or written at a stretch: a millisecond or two. */
  slice: 16,
} as const;

/** Names become part of the cache's keys, so none may hold a separator of these. */
const storedImage = Type.Object({
  image: Type.String(),
  namespace: Type.String({ pattern: '^[a-z0-9-]{1,63}$' }),
  pullSecrets: Type.Array(Type.String({ pattern: '^[a-z0-9.-]{1,253}$' }), { maxItems: 32 }),
  confirmedAt: Type.Integer({ minimum: 0 }),
  architectures: Type.Union([Type.Array(Type.String({ maxLength: 64 }), { maxItems: 64 }), Type.Null()]),
  facts: storedFacts,
});

function writeImage({ request, facts, confirmedAt, architectures }: KeptImage): string {
  const { image, namespace, pullSecrets } = request;
  const stored = { image, namespace, pullSecrets, confirmedAt, architectures, facts: storeFacts(facts) };
  return JSON.stringify(stored);
}

/** Returns null for a line that is no image of this format. */
function readImage(line: string): KeptImage | null {
  if (line.length > SNAPSHOT_LIMITS.maxImageLength) return null;
  try {
    const stored: unknown = JSON.parse(line);
    if (!Value.Check(storedImage, stored) || invalidReference(stored.image) !== null) return null;
    const { confirmedAt, architectures, facts, ...request } = stored;
    return { request, facts: readStoredFacts(facts), confirmedAt, architectures };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof AppError) return null;
    throw error;
  }
}

/** Reports whether another replica could read the facts: registries choose texts of any length. Memoized like the next. */
const isReadable = oncePer((facts: ImageFacts): boolean => {
  try {
    const stored: unknown = JSON.parse(JSON.stringify(storeFacts(facts)));
    return Value.Check(storedFacts, stored) && readStoredFacts(stored).digest === facts.digest;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
});

/** Memoized, because a snapshot is written again and again. */
const isWasm = oncePer((facts: ImageFacts): boolean => detectWasm(facts).kind === 'wasm');

/** Yields a line per image: first Wasm images, whose Pods do not start without wasmgate. */
function* linesOf(images: readonly KeptImage[]): Generator<string, undefined> {
  const { wasm = [], other = [] } = Object.groupBy(images, ({ facts }) => (isWasm(facts) ? 'wasm' : 'other'));
  for (const image of [...wasm, ...other]) {
    const line = writeImage(image);
    if (line.length <= SNAPSHOT_LIMITS.maxImageLength) yield line;
  }
}

/** Yields the lines of all namespaces, which take turns by length (deficit round robin): none can push out another's. */
function* linesInTurn(images: readonly KeptImage[]): Generator<string> {
  const byNamespace = Map.groupBy(images, ({ request }) => request.namespace).values();
  let queues = [...byNamespace].map((group) => {
    const lines = linesOf(group);
    return { lines, head: lines.next().value, share: 0 };
  });
  while (queues.length > 0) {
    for (const queue of queues) {
      queue.share += SNAPSHOT_LIMITS.quantum;
      while (queue.head !== undefined && queue.head.length <= queue.share) {
        queue.share -= queue.head.length;
        yield queue.head;
        queue.head = queue.lines.next().value;
      }
    }
    queues = queues.filter(({ head }) => head !== undefined);
  }
}

/**
 * Writes a snapshot of as many images as fit.
 * @param images most recently used first
 */
export async function writeSnapshot(
  images: readonly KeptImage[],
  maxLength: number = SNAPSHOT_LIMITS.maxLength,
): Promise<string> {
  const isTurnOver = createPacing();
  const readable: KeptImage[] = [];
  for (const image of images) {
    if (isReadable(image.facts)) readable.push(image);
    isWasm(image.facts);
    if (isTurnOver()) await nextTurn();
  }
  const lines = [HEADER];
  let length = HEADER.length;
  for (const line of linesInTurn(readable)) {
    length += line.length + 1;
    if (length > maxLength) break;
    lines.push(line);
    if (isTurnOver()) await nextTurn();
  }
  return lines.join('\n');
}

/** Returns a function that reports, at each image, whether other work is due. */
function createPacing(): () => boolean {
  let count = 0;
  return () => {
    count += 1;
    return count % SNAPSHOT_LIMITS.slice === 0;
  };
}

export interface ReadSnapshot {
  /** Most recently used first, within a namespace. */
  readonly images: readonly KeptImage[];
  /** Lines that are no images. */
  readonly invalid: number;
}

/** Returns null for a text of another format or version. */
export async function readSnapshot(text: string): Promise<ReadSnapshot | null> {
  const [header, ...lines] = text.split('\n', 1 + SNAPSHOT_LIMITS.maxLines);
  if (header !== HEADER) return null;
  const isTurnOver = createPacing();
  const images: KeptImage[] = [];
  for (const line of lines) {
    const image = readImage(line);
    if (image !== null) images.push(image);
    if (isTurnOver()) await nextTurn();
  }
  return { images, invalid: lines.length - images.length };
}
