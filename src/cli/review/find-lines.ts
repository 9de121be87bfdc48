import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';
import type { Manifest } from './manifests.ts';
import type { InputFile } from './read-files.ts';

/** Documents beyond this size get the object's line only: parsing 1 MiB again, with positions, takes about a second. */
const MAX_CHARACTERS = 1024 * 1024;

/** Returns the line of a field or list item in the manifest's file; null if the object as written does not have it. */
export type FindLine = (
  manifest: Pick<Manifest, 'file' | 'extent' | 'path'>,
  keys: readonly string[],
) => number | null;

interface Place {
  /** Undefined for a key without a value. */
  readonly node: unknown;
  /** Offset of the key or list item that leads to it. */
  readonly offset: number | undefined;
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null)?.range?.[0];
}

function stepInto(node: unknown, key: string): Place | null {
  if (isSeq(node)) {
    const item = node.items[Number(key)];
    return item === undefined ? null : { node: item, offset: startOf(item) };
  }
  if (!isMap(node)) return null;
  // The last of several equal keys wins.
  const pair = node.items.findLast((candidate) => isScalar(candidate.key) && candidate.key.value === key);
  return pair === undefined ? null : { node: pair.value, offset: startOf(pair.key) };
}

type FindOffset = (keys: readonly string[]) => number | null;

/** Parses the text of one document, with positions. */
function readOffsets(text: string): { readonly find: FindOffset; readonly lines: LineCounter } {
  const lines = new LineCounter();
  const options = { lineCounter: lines, merge: true, uniqueKeys: false, logLevel: 'silent' } as const;
  const document = parseDocument(text, options);
  const find: FindOffset = (keys) => {
    let place: Place | null = { node: document.contents, offset: startOf(document.contents) };
    for (const key of keys) {
      const node: unknown = isAlias(place.node) ? place.node.resolve(document) : place.node;
      place = stepInto(node, key);
      if (place === null) return null;
    }
    return place.offset ?? null;
  };
  return { find, lines };
}

/** Parses a document again only when a line in it is needed, so that a review keeps no positions of large files. */
export function createLineFinder(files: readonly InputFile[]): FindLine {
  const texts = new Map(files.map(({ file, text }) => [file, text]));
  let last: { readonly of: object; readonly offsets: ReturnType<typeof readOffsets> } | undefined;
  return ({ file, extent, path }, keys) => {
    const text = texts.get(file);
    if (text === undefined || extent.end - extent.start > MAX_CHARACTERS) return null;
    // All items of a list have its extent.
    if (last?.of !== extent)
      last = { of: extent, offsets: readOffsets(text.slice(extent.start, extent.end)) };
    const { find, lines } = last.offsets;
    const offset = find([...path, ...keys]);
    return offset === null ? null : extent.line + lines.linePos(offset).line - 1;
  };
}
