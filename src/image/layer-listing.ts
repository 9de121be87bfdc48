import { sniffFile, type FileKind } from './file-kind.ts';
import { readModuleInterface, type ModuleInterface } from './module-interface.ts';
import { ancestorsOf, parentOf, resolvePath } from './resolve-path.ts';
import type { TarEntry } from './tar-reader.ts';

export type LayerNode =
  | { readonly kind: 'file'; readonly file: FileKind; readonly module?: ModuleInterface }
  | { readonly kind: 'directory' }
  /** A symbolic link; where it leads, from the root. */
  | { readonly kind: 'link'; readonly target: string };

/** What one layer changes, by absolute path, as far as it was read. */
export interface LayerListing {
  readonly nodes: ReadonlyMap<string, LayerNode>;
  /** Paths of lower layers that are gone, with all below them. */
  readonly removed: ReadonlySet<string>;
  /** Directories that hide what lower layers have in them. */
  readonly emptied: ReadonlySet<string>;
  /**
   * `whole`: nothing is missing · `partial`: reading on would show more · `cut`: there is more, but it will not be read.
   */
  readonly extent: 'whole' | 'partial' | 'cut';
}

export interface ListingBuilder {
  readonly add: (entry: TarEntry) => void;
  /** The listing so far; it grows with the builder. */
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

export function createListing(): ListingBuilder {
  const nodes = new Map<string, LayerNode>();
  const removed = new Set<string>();
  const emptied = new Set<string>();

  /** Another name for a file earlier in the archive, which has its content. */
  function addHardLink(path: string, target: string): void {
    nodes.set(path, nodes.get(resolvePath('/', target)) ?? { kind: 'file', file: 'other' });
  }

  /** One that names no file of its directory is refused by nodes, and hides nothing. */
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

  return { add, listing: (extent) => ({ nodes, removed, emptied, extent }) };
}

/**
 * `absent`: no layer has it · `hidden`: an unread part of a layer may have it · `open`: reading on would tell.
 */
export type Sighting = FileKind | 'absent' | 'hidden' | 'open';

/** With what a module wants of its host. */
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
  /** Whether these are all the layers of the image. */
  readonly isComplete: boolean;
  /**
   * Takes what a lower layer has even where the unread rest of an upper one might replace it: good enough where only the
   * presence of a file matters.
   */
  readonly isLenient?: boolean;
}

/** Linux gives up after 40 links; an image that needs more than a few is none that anybody would start. */
const MAX_LINKS = 8;

type Step = { readonly found: Seen } | { readonly moved: string } | null;

/** Folders above a file that is looked for, each of which is looked up in each layer; people's have a dozen at most. */
const MAX_DEPTH = 64;

interface Place {
  readonly path: string;
  readonly ancestors: readonly string[];
}

function lookInLayer({ nodes, removed, emptied }: LayerListing, { path, ancestors }: Place): Step {
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

/** For listings that grow no more: one search asks about the same folder many times. */
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
  // It may be there by what lies in it; the search for that waits until the listing grows no more.
  return extent !== 'partial' && hasPathsBelow(nodes, path);
}

/** Whether a directory is there, `other` if it is; links on the way to it, and whiteouts, leave it in peace. */
export function findFolder({ layers, isComplete }: Search, path: string): Seen {
  if (ancestorsOf(path).length > MAX_DEPTH) return { sighting: 'hidden' };
  if (layers.some((layer) => holdsFolder(layer, path))) return { sighting: 'other' };
  if (layers.some(({ extent }) => extent === 'cut')) return { sighting: 'hidden' };
  const isOpen = !isComplete || layers.some(({ extent }) => extent === 'partial');
  return { sighting: isOpen ? 'open' : 'absent' };
}

/** What a container would find at a path: upper layers win, whiteouts hide, links are followed. */
export function findFile(search: Search, path: string, links = 0): Seen {
  const { layers, isComplete, isLenient = false } = search;
  const place = { path, ancestors: ancestorsOf(path) };
  if (place.ancestors.length > MAX_DEPTH) return { sighting: 'hidden' };
  let doubt: 'hidden' | 'open' | null = null;
  for (const layer of layers) {
    const step = lookInLayer(layer, place);
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
