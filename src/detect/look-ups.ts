import type { Content, ImageVariant } from '../image/image-facts.ts';
import { hasRootFileSystem, type Descriptor } from '../image/manifest.ts';
import type { ModuleInterface } from '../image/module-interface.ts';
import { LONGEST_PATH, resolvePath } from '../image/resolve-path.ts';
import type { Mounts } from './mounts.ts';
import type { Subject } from './signal.ts';

/** Something that a look inside the layers can find, and the key under which `contents` holds what was found. */
export type LookUp =
  /** The first of these paths that is there: the file that the container starts. */
  | { readonly kind: 'program'; readonly key: string; readonly paths: readonly string[] }
  /** A directory, which may be there by what lies in it alone. */
  | { readonly kind: 'folder'; readonly key: string; readonly path: string }
  /** A file whose presence tells the host that an application is made for. */
  | { readonly kind: 'host'; readonly key: string }
  /** The first bytes of a layer that is one Wasm file. */
  | { readonly kind: 'layer'; readonly key: string; readonly layer: Descriptor };

/** containerd-shim-spin src/constants.rs; deislabs containerd-wasm-shims, containerd-shim-slight. */
export const SPIN_MANIFEST = '/spin.toml';
export const SLIGHT_MANIFEST = '/slightfile.toml';

export const HOST_LOOK_UPS: readonly LookUp[] = [
  { kind: 'host', key: SPIN_MANIFEST },
  { kind: 'host', key: SLIGHT_MANIFEST },
];

/** Nothing to start, or `/`, which is no file: what Spin's and slight's Pods name since their node wants some command. */
export function startsNothing(first: string | null): first is '/' | null {
  return first === null || first === '/';
}

/** Names one of their files instead, which no kernel starts. */
export function namesHostFile(first: string | null): boolean {
  if (first === null || !first.startsWith('/')) return false;
  const path = resolvePath('/', first);
  return path === SPIN_MANIFEST || path === SLIGHT_MANIFEST;
}

/** What is started is left to a host, which finds its application by itself. */
export function startsByHost(first: string | null): boolean {
  return startsNothing(first) || namesHostFile(first);
}

const DEFAULTS = {
  /** Linux NAME_MAX: no file has a longer name. */
  longestName: 255,
} as const;

/** Each signal asks for the program anew, and its paths may be long. */
const programs = new WeakMap<
  Subject['command'],
  { readonly variant: ImageVariant; readonly lookUp: LookUp | null }
>();

/**
 * The file behind the first argument: `/app.wasm`, relative to the working directory, or by its bare name there and along
 * the image's PATH; what follows `#` is runwasi's function name. Null where nothing is started by name, or a volume may lie
 * over the file.
 */
export function programLookUp(subject: Subject): LookUp | null {
  const { command, variant } = subject;
  const known = programs.get(command);
  if (known?.variant === variant) return known.lookUp;
  const lookUp = findProgram(subject);
  programs.set(command, { variant, lookUp });
  return lookUp;
}

function findProgram({ variant, command }: Subject): LookUp | null {
  const { first, isOpen, workingDir, mounts } = command;
  if (startsNothing(first) || isOpen || !hasRootFileSystem(variant.manifest)) return null;
  const file = first.split('#', 1)[0] ?? '';
  const isName = !file.includes('/');
  const longest = isName ? DEFAULTS.longestName : LONGEST_PATH;
  if (file === '' || file.length > longest || workingDir.length > LONGEST_PATH) return null;
  const folder = resolvePath('/', workingDir);
  const key = resolvePath(folder, file);
  if (!isName) return unlessMountedOver([key], key, mounts);
  const others = variant.config.searchPath.map((other) => resolvePath(other, file));
  // No path has two slashes on end: what is found in several places is not what a Pod finds that names one of them.
  return unlessMountedOver([key, ...others], `${folder === '/' ? '' : folder}//${file}`, mounts);
}

/** The same file in the working directory alone, if the first argument is a bare name. */
export function besideLookUp({ variant, command }: Subject): LookUp | null {
  const { first, workingDir } = command;
  if (first?.includes('/') !== false || programLookUp({ variant, command }) === null) return null;
  const key = resolvePath(resolvePath('/', workingDir), first.split('#', 1)[0] ?? '');
  return { kind: 'program', key, paths: [key] };
}

/** The working directory; null for the root, or if a volume is mounted over it, or within it. */
export function folderLookUp({ command }: Subject): LookUp | null {
  const { workingDir, mounts } = command;
  if (workingDir.length > LONGEST_PATH) return null;
  const path = resolvePath('/', workingDir);
  if (path === '/' || mounts.liesWithin(path) || mounts.covers(path)) return null;
  return { kind: 'folder', key: `${path}/`, path };
}

function unlessMountedOver(paths: readonly string[], key: string, mounts: Mounts): LookUp | null {
  return paths.some(mounts.covers) ? null : { kind: 'program', key, paths };
}

export function layerLookUp(layer: Descriptor): LookUp {
  return { kind: 'layer', key: layer.digest, layer };
}

/** What was found; undefined where nobody looked. */
export function contentOf({ contents }: ImageVariant, lookUp: LookUp | null): Content | undefined {
  return lookUp === null ? undefined : contents.get(lookUp.key);
}

/** What the module wants of its host, if a look inside showed one. */
export function moduleOf(
  { modules }: ImageVariant,
  lookUp: LookUp | null,
): { readonly module?: ModuleInterface } {
  const module = lookUp === null ? undefined : modules?.get(lookUp.key);
  return module === undefined ? {} : { module };
}

export type Host = 'spin' | 'slight' | 'none';

/** Which host's file the image holds; null where that was not looked for or did not show. */
export function hostOf({ contents }: ImageVariant): Host | null {
  const isThere = (key: string): boolean => {
    const content = contents.get(key);
    return content !== undefined && content !== 'absent' && content !== 'hidden';
  };
  if (isThere(SPIN_MANIFEST)) return 'spin';
  if (isThere(SLIGHT_MANIFEST)) return 'slight';
  const isCertain = HOST_LOOK_UPS.every(({ key }) => contents.get(key) === 'absent');
  return isCertain ? 'none' : null;
}
