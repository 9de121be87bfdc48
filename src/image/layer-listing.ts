import { sniffFile, type FileKind } from './file-kind.ts';
import { readModuleInterface, type ModuleInterface } from './module-interface.ts';
import { ancestorsOf, parentOf, resolvePath } from './resolve-path.ts';
import type { TarEntry } from './tar-reader.ts';

export type LayerNode =
  | { readonly kind: 'file'; readonly file: FileKind; readonly module?: ModuleInterface }
  | { readonly kind: 'directory' }
  /** A symbolic link with its absolute target. */
  | { readonly kind: 'link'; readonly target: string };

/** The changes of one layer by absolute path, as far as it was read. */
export interface LayerListing {
  readonly nodes: ReadonlyMap<string, LayerNode>;
  /** Paths of lower layers that this layer removes, with everything below them. */
  readonly removed: ReadonlySet<string>;
  /** Directories whose content in lower layers this layer hides. */
  readonly emptied: ReadonlySet<string>;
  /** `whole`: read to its end · `partial`: reading on would show more · `cut`: the rest will not be read. */
  readonly extent: 'whole' | 'partial' | 'cut';
}

export interface ListingBuilder {
  readonly add: (entry: TarEntry) => void;
  /** Returns the listing so far, which may grow with the builder. */
  readonly listing: (extent: LayerListing['extent']) => LayerListing;
}

/** OCI image-spec layer.md, "Whiteouts". */
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

function fileNode(head: Uint8Array): LayerNode {
  const file = sniffFile(head);
  return file === 'module'
    ? { kind: 'file', file, module: readModuleInterface(head) }
    : { kind: 'file', file };
}

/** Shared by most of thousands of listings: an empty Set takes 150 bytes. */
const NO_PATHS: ReadonlySet<string> = new Set();

export function createListing(): ListingBuilder {
  const nodes = new Map<string, LayerNode>();
  const removed = new Set<string>();
  const emptied = new Set<string>();

  /** Adds another name of a file that came earlier in the archive. */
  function addHardLink(path: string, target: string): void {
    nodes.set(path, nodes.get(resolvePath('/', target)) ?? { kind: 'file', file: 'other' });
  }

  /** Ignores a whiteout that names no file of its directory: nodes reject it. */
  function addWhiteout(parent: string, name: string): void {
    if (!/^\.{0,2}$/.test(name)) removed.add(resolvePath(parent, name));
  }

  function add({ kind, path: written, target, head }: TarEntry): void {
    const path = resolvePath('/', written);
    const parent = parentOf(path);
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name === OPAQUE) emptied.add(parent);
    else if (name.startsWith(WHITEOUT)) addWhiteout(parent, name.slice(WHITEOUT.length));
    else if (kind === 'directory') nodes.set(path, { kind });
    else if (kind === 'hardlink') addHardLink(path, target);
    else if (kind === 'symlink') nodes.set(path, { kind: 'link', target: resolvePath(parent, target) });
    else nodes.set(path, kind === 'file' ? fileNode(head) : { kind: 'file', file: 'other' });
  }

  return {
    add,
    listing: (extent) => ({
      nodes,
      removed: removed.size === 0 ? NO_PATHS : removed,
      emptied: emptied.size === 0 ? NO_PATHS : emptied,
      extent,
    }),
  };
}

/** `absent`: no layer has it · `hidden`: an unread part may have it · `open`: reading on would decide. */
export type Sighting = FileKind | 'absent' | 'hidden' | 'open';

/** A result of a search, with the imports and exports of a module. */
export interface Seen {
  readonly sighting: Sighting;
  readonly module?: ModuleInterface | undefined;
}

const ABSENT: Seen = { sighting: 'absent' };

function seenFile({ file, module }: Extract<LayerNode, { kind: 'file' }>): Seen {
  return { sighting: file, module };
}

export interface Search {
  /** Topmost first. */
  readonly layers: readonly LayerListing[];
  /** True if these are all layers of the image. */
  readonly isComplete: boolean;
  /** True to accept a file of a lower layer that the unread rest of an upper one may replace: only its presence matters. */
  readonly isLenient?: boolean;
}

/** Linux gives up after 40 links; real images need a few. */
const MAX_LINKS = 8;

type Step = { readonly found: Seen } | { readonly moved: string } | null;

/** Directories above a file, each looked up in each layer; real paths have at most a dozen. */
const MAX_DEPTH = 64;

interface Place {
  readonly path: string;
  readonly ancestors: readonly string[];
}

function findInLayer({ nodes, removed, emptied }: LayerListing, { path, ancestors }: Place): Step {
  for (const ancestor of ancestors) {
    const node = nodes.get(ancestor);
    if (node?.kind === 'file') return { found: ABSENT };
    if (node?.kind === 'link') return { moved: resolvePath(node.target, path.slice(ancestor.length + 1)) };
  }
  const node = nodes.get(path);
  if (node?.kind === 'link') return { moved: node.target };
  if (node !== undefined) return { found: node.kind === 'file' ? seenFile(node) : ABSENT };
  const isGone =
    removed.has(path) ||
    emptied.has('/') ||
    ancestors.some((ancestor) => removed.has(ancestor) || emptied.has(ancestor));
  return isGone ? { found: ABSENT } : null;
}

/** Caches the last result for complete listings: one search checks the same directory many times. */
const lastFolders = new WeakMap<
  LayerListing['nodes'],
  { readonly path: string; readonly isThere: boolean }
>();

function hasPathsBelow(nodes: LayerListing['nodes'], path: string): boolean {
  const last = lastFolders.get(nodes);
  if (last?.path === path) return last.isThere;
  const isThere = [...nodes.keys()].some((other) => other.startsWith(`${path}/`));
  lastFolders.set(nodes, { path, isThere });
  return isThere;
}

function holdsFolder({ nodes, extent }: LayerListing, path: string): boolean {
  if (nodes.has(path) || ancestorsOf(path).some((ancestor) => nodes.get(ancestor)?.kind === 'link'))
    return true;
  // A path below it proves it; the search for one waits until the listing is complete.
  return extent !== 'partial' && hasPathsBelow(nodes, path);
}

/** Finds a directory, which is `other`; ignores links on the way to it, and whiteouts. */
export function findFolder({ layers, isComplete }: Search, path: string): Seen {
  if (ancestorsOf(path).length > MAX_DEPTH) return { sighting: 'hidden' };
  if (layers.some((layer) => holdsFolder(layer, path))) return { sighting: 'other' };
  if (layers.some(({ extent }) => extent === 'cut')) return { sighting: 'hidden' };
  const isOpen = !isComplete || layers.some(({ extent }) => extent === 'partial');
  return { sighting: isOpen ? 'open' : 'absent' };
}

/** Finds a file as a container would: upper layers win, whiteouts hide, links are followed. */
export function findFile(search: Search, path: string, links = 0): Seen {
  const { layers, isComplete, isLenient = false } = search;
  const place = { path, ancestors: ancestorsOf(path) };
  if (place.ancestors.length > MAX_DEPTH) return { sighting: 'hidden' };
  let doubt: 'hidden' | 'open' | null = null;
  for (const layer of layers) {
    const step = findInLayer(layer, place);
    if (step !== null && (doubt === null || isLenient)) {
      if ('found' in step) return step.found;
      return links < MAX_LINKS ? findFile(search, step.moved, links + 1) : { sighting: 'hidden' };
    }
    if (layer.extent === 'cut') doubt = 'hidden';
    else if (layer.extent === 'partial') doubt ??= 'open';
    if (doubt !== null && !isLenient) return { sighting: doubt };
  }
  return { sighting: doubt === 'open' || !isComplete ? 'open' : (doubt ?? 'absent') };
}
