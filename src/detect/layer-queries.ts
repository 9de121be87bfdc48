import type { Content, ImageVariant } from '../image/image-facts.ts';
import { hasRootFileSystem, type Descriptor } from '../image/manifest.ts';
import type { ModuleInterface } from '../image/module-interface.ts';
import { LONGEST_PATH, resolvePath } from '../image/resolve-path.ts';
import type { Subject } from './effective-command.ts';
import type { Mounts } from './mounts.ts';

/** Something to find in the layers, and the key under which `contents` holds the result. */
export type LayerQuery =
  /** The file that the container starts: the first of these paths that exists. */
  | { readonly kind: 'program'; readonly key: string; readonly paths: readonly string[] }
  /** A directory. It may have no entry of its own, only files in it. */
  | { readonly kind: 'folder'; readonly key: string; readonly path: string }
  /** A file whose presence shows the host that an application is made for. */
  | { readonly kind: 'host'; readonly key: string }
  /** The first bytes of a layer that is one Wasm file. */
  | { readonly kind: 'layer'; readonly key: string; readonly layer: Descriptor };

/** containerd-shim-spin src/constants.rs; deislabs containerd-wasm-shims, containerd-shim-slight. */
export const SPIN_MANIFEST = '/spin.toml';
export const SLIGHT_MANIFEST = '/slightfile.toml';

export const HOST_QUERIES: readonly LayerQuery[] = [
  { kind: 'host', key: SPIN_MANIFEST },
  { kind: 'host', key: SLIGHT_MANIFEST },
];

/** Matches no argument, or `/`, which is no file: Pods of Spin and slight name it because their node requires a command. */
export function startsNothing(first: string | null): first is '/' | null {
  return first === null || first === '/';
}

/** Matches the manifest of Spin or slight, which no kernel starts. */
export function namesHostFile(first: string | null): boolean {
  if (first === null || !first.startsWith('/')) return false;
  const path = resolvePath('/', first);
  return path === SPIN_MANIFEST || path === SLIGHT_MANIFEST;
}

/** Reports whether a host finds its application by itself. */
export function startsByHost(first: string | null): boolean {
  return startsNothing(first) || namesHostFile(first);
}

/** Linux NAME_MAX: no file has a longer name. */
const MAX_NAME_LENGTH = 255;

/** Cached because every signal asks for the program query, and its paths may be long. */
const programQueries = new WeakMap<
  Subject['command'],
  { readonly variant: ImageVariant; readonly query: LayerQuery | null }
>();

/**
 * Returns the query for the file behind the first argument: `/app.wasm`, relative to the working directory, or a bare name
 * there and along the image's PATH. A `#` starts runwasi's function name. Null if nothing starts by name, or a volume may cover
 * the file.
 */
export function programQuery(subject: Subject): LayerQuery | null {
  const { command, variant } = subject;
  const known = programQueries.get(command);
  if (known?.variant === variant) return known.query;
  const query = findProgramQuery(subject);
  programQueries.set(command, { variant, query });
  return query;
}

function findProgramQuery({ variant, command }: Subject): LayerQuery | null {
  const { first, isOpen, workingDir, mounts } = command;
  if (startsNothing(first) || isOpen || !hasRootFileSystem(variant.manifest)) return null;
  const file = first.split('#', 1)[0] ?? '';
  const isName = !file.includes('/');
  const maxLength = isName ? MAX_NAME_LENGTH : LONGEST_PATH;
  if (file === '' || file.length > maxLength || workingDir.length > LONGEST_PATH) return null;
  const folder = resolvePath('/', workingDir);
  const key = resolvePath(folder, file);
  if (!isName) return unlessMountedOver([key], key, mounts);
  const others = variant.config.searchPath.map((other) => resolvePath(other, file));
  // No path has two slashes in a row, so the result for a bare name never serves a Pod that names one of its paths.
  return unlessMountedOver([key, ...others], `${folder === '/' ? '' : folder}//${file}`, mounts);
}

/** Returns the query for a bare name in the working directory alone; null for a path. */
export function siblingQuery({ variant, command }: Subject): LayerQuery | null {
  const { first, workingDir } = command;
  if (first?.includes('/') !== false || programQuery({ variant, command }) === null) return null;
  const key = resolvePath(resolvePath('/', workingDir), first.split('#', 1)[0] ?? '');
  return { kind: 'program', key, paths: [key] };
}

/** Returns the query for the working directory; null for the root, or if a volume is mounted over it or within it. */
export function folderQuery({ command }: Subject): LayerQuery | null {
  const { workingDir, mounts } = command;
  if (workingDir.length > LONGEST_PATH) return null;
  const path = resolvePath('/', workingDir);
  if (path === '/' || mounts.liesWithin(path) || mounts.covers(path)) return null;
  return { kind: 'folder', key: `${path}/`, path };
}

function unlessMountedOver(paths: readonly string[], key: string, mounts: Mounts): LayerQuery | null {
  return paths.some(mounts.covers) ? null : { kind: 'program', key, paths };
}

export function layerQuery(layer: Descriptor): LayerQuery {
  return { kind: 'layer', key: layer.digest, layer };
}

/** Returns what the layers hold there; undefined if they were not read for it. */
export function contentOf({ contents }: ImageVariant, query: LayerQuery | null): Content | undefined {
  return query === null ? undefined : contents.get(query.key);
}

/** Returns what a module imports from its host, if it was read. */
export function moduleOf(
  { modules }: ImageVariant,
  query: LayerQuery | null,
): { readonly module?: ModuleInterface } {
  const module = query === null ? undefined : modules?.get(query.key);
  return module === undefined ? {} : { module };
}

export type Host = 'spin' | 'slight' | 'none';

/** Returns the host whose manifest the image holds; null if it was not searched for, or stayed hidden. */
export function hostOf({ contents }: ImageVariant): Host | null {
  const isThere = (key: string): boolean => {
    const content = contents.get(key);
    return content !== undefined && content !== 'absent' && content !== 'hidden';
  };
  if (isThere(SPIN_MANIFEST)) return 'spin';
  if (isThere(SLIGHT_MANIFEST)) return 'slight';
  const isCertain = HOST_QUERIES.every(({ key }) => contents.get(key) === 'absent');
  return isCertain ? 'none' : null;
}
