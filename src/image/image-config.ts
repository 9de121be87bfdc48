import { detachText } from '../lib/detach-text.ts';
import { AppError } from '../lib/errors.ts';
import { child, isObject, property, stringList, stringMap, stringOr, type JsonObject } from '../lib/json.ts';
import { normalizePlatform, type Platform } from './platform.ts';

/** Interfaces of a component in a CNCF Wasm config: CNCF TAG Runtime, "Wasm OCI artifact layout", field `component`. */
export interface ComponentInterfaces {
  readonly exports: readonly string[];
  readonly imports: readonly string[];
}

/** The fields of a config that wasmgate reads: image-spec config.md, Docker's v2 config and the CNCF Wasm config. */
export interface ImageConfig {
  readonly platform: Platform;
  /** Null if absent or null, unlike an empty list. */
  readonly entrypoint: readonly string[] | null;
  readonly cmd: readonly string[] | null;
  /** Working directory of a container, to which commands are relative; `/` by default. */
  readonly workingDir: string;
  /** Directories of the image's PATH, which are searched for commands without a slash. */
  readonly searchPath: readonly string[];
  /** Only those that wasmgate reads: `VARIANT_LABEL`, and those that hold a digest. */
  readonly labels: ReadonlyMap<string, string>;
  /** How many layers `rootfs.diff_ids` lists. */
  readonly diffIdCount: number;
  /** `layerDigests` of a CNCF Wasm config. */
  readonly layerDigests: readonly string[] | null;
  readonly component: ComponentInterfaces | null;
}

const CONFIG_LIMITS = {
  /** Directories of PATH: real ones have a dozen, a config of 4 MiB could have two million. */
  pathDirectories: 64,
  /** Characters of these directories: the longest in the wild have a few hundred. */
  pathCharacters: 4096,
  /** Imports or exports of a component, and characters of each: real ones have dozens of 60 characters. */
  interfaces: 256,
  interfaceCharacters: 256,
} as const;

/** The label of an image that crun runs as Wasm when it is an annotation of the Pod. */
export const VARIANT_LABEL = 'module.wasm.image/variant';

const HEX_DIGEST = /[0-9a-f]{64}/;

/** Reports whether a label's value holds a digest, as runwasi and Spin write it: such configs depend on the content. */
export function holdsDigest(label: string): boolean {
  return HEX_DIGEST.test(label);
}

/** containerd pkg/oci, `defaultUnixEnv`. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const DEFAULT_DIRECTORIES: readonly string[] = DEFAULT_PATH.split(':');

export const EMPTY_CONFIG: ImageConfig = {
  platform: normalizePlatform('', ''),
  entrypoint: null,
  cmd: null,
  workingDir: '/',
  searchPath: [],
  labels: stringMap(null),
  diffIdCount: 0,
  layerDigests: null,
  component: null,
};

function readInterfaces(value: unknown): readonly string[] {
  const { interfaces, interfaceCharacters } = CONFIG_LIMITS;
  return (stringList(value) ?? [])
    .slice(0, interfaces)
    .map((name) =>
      name.length > interfaceCharacters ? detachText(name.slice(0, interfaceCharacters)) : name,
    );
}

function readComponent(value: unknown): ComponentInterfaces | null {
  if (!isObject(value)) return null;
  return {
    exports: readInterfaces(property(value, 'exports')),
    imports: readInterfaces(property(value, 'imports')),
  };
}

/** Returns a command as written; a bare string (old `docker commit`) is one argument. */
function readCommand(value: unknown): readonly string[] | null {
  return typeof value === 'string' ? [value] : stringList(value);
}

/** Returns the directories of the last PATH, which is what a process sees; without one, of the runtimes' default PATH. */
function readSearchPath(value: unknown): readonly string[] {
  const set = (stringList(value) ?? []).findLast((pair) => pair.startsWith('PATH='));
  const path = set?.slice('PATH='.length) ?? DEFAULT_PATH;
  // Shared by most of thousands of images.
  if (path === DEFAULT_PATH) return DEFAULT_DIRECTORIES;
  const directories = path.split(':', CONFIG_LIMITS.pathDirectories);
  let left: number = CONFIG_LIMITS.pathCharacters;
  const kept = directories.filter((directory) => {
    if (!directory.startsWith('/') || directory.length > left) return false;
    left -= directory.length;
    return true;
  });
  return kept.map(detachText);
}

/** Most images have labels that only people read; of thousands of images, they would take as much memory as the rest. */
function readLabels(value: unknown): ReadonlyMap<string, string> {
  const labels = [...stringMap(value)].filter(([key, label]) => key === VARIANT_LABEL || holdsDigest(label));
  return stringMap(Object.fromEntries(labels));
}

/** Returns the digests of the layers once unpacked; null if the config lists none. */
export function readDiffIds(document: JsonObject): readonly string[] | null {
  return stringList(property(child(document, 'rootfs'), 'diff_ids'));
}

/** Ignores unknown fields and types. @throws AppError `invalid-config` if the document is not a JSON object */
export function parseImageConfig(document: unknown): ImageConfig {
  if (!isObject(document))
    throw new AppError('invalid-config', 'Cannot read image config: it is not a JSON object');
  const run = child(document, 'config');
  return {
    platform: normalizePlatform(
      stringOr(property(document, 'os'), ''),
      stringOr(property(document, 'architecture'), ''),
      stringOr(property(document, 'variant'), null),
    ),
    entrypoint: readCommand(property(run, 'Entrypoint')),
    cmd: readCommand(property(run, 'Cmd')),
    workingDir: stringOr(property(run, 'WorkingDir'), '') || '/',
    searchPath: readSearchPath(property(run, 'Env')),
    labels: readLabels(property(run, 'Labels')),
    diffIdCount: readDiffIds(document)?.length ?? 0,
    layerDigests: stringList(property(document, 'layerDigests')),
    component: readComponent(property(document, 'component')),
  };
}
