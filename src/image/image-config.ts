import { AppError } from '../lib/errors.ts';
import { child, isObject, property, stringList, stringMap, stringOr } from '../lib/json.ts';
import { normalisePlatform, type Platform } from './platform.ts';

/** What a CNCF Wasm config tells of a component: CNCF TAG Runtime, "Wasm OCI artifact layout", field `component`. */
export interface ComponentInterfaces {
  readonly exports: readonly string[];
  readonly imports: readonly string[];
}

/** The fields of a config that decide: image-spec config.md, Docker's v2 config and the CNCF Wasm config alike. */
export interface ImageConfig {
  readonly platform: Platform;
  /** Null where absent or null; an empty list is an empty list. */
  readonly entrypoint: readonly string[] | null;
  readonly cmd: readonly string[] | null;
  /** Where a container starts, and a relative command with it; `/` where nothing is said. */
  readonly workingDir: string;
  /** Directories of the image's own PATH, where commands without a slash are looked for. */
  readonly searchPath: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  readonly diffIds: readonly string[] | null;
  /** `layerDigests` of a CNCF Wasm config. */
  readonly layerDigests: readonly string[] | null;
  readonly component: ComponentInterfaces | null;
}

const DEFAULTS = {
  /** Of an image's PATH: real ones name a dozen, and a config of 4 MiB two million. */
  searchedFolders: 64,
  /** Characters of all of them together; the longest in the wild have some hundreds. */
  searchedCharacters: 4096,
  /** Imports or exports of a component, and characters of each; real ones have some dozens of 60 characters. */
  interfaces: 256,
  interfaceCharacters: 256,
} as const;

/** containerd pkg/oci, `defaultUnixEnv`. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const EMPTY_CONFIG: ImageConfig = {
  platform: normalisePlatform('', ''),
  entrypoint: null,
  cmd: null,
  workingDir: '/',
  searchPath: [],
  labels: new Map(),
  diffIds: null,
  layerDigests: null,
  component: null,
};

function readInterfaces(value: unknown): readonly string[] {
  const { interfaces, interfaceCharacters } = DEFAULTS;
  return (stringList(value) ?? []).slice(0, interfaces).map((name) => name.slice(0, interfaceCharacters));
}

function readComponent(value: unknown): ComponentInterfaces | null {
  if (!isObject(value)) return null;
  return {
    exports: readInterfaces(property(value, 'exports')),
    imports: readInterfaces(property(value, 'imports')),
  };
}

/** A command list as written; a bare string (old `docker commit`) is one argument. */
function readCommand(value: unknown): readonly string[] | null {
  return typeof value === 'string' ? [value] : stringList(value);
}

/**
 * The last one counts, as for a process; runtimes give one of their own where the image has none, and so do we. What lies in
 * more folders than anybody's is not found.
 */
function readSearchPath(value: unknown): readonly string[] {
  const set = (stringList(value) ?? []).findLast((pair) => pair.startsWith('PATH='));
  const folders = (set?.slice('PATH='.length) ?? DEFAULT_PATH).split(':', DEFAULTS.searchedFolders);
  let left: number = DEFAULTS.searchedCharacters;
  return folders.filter((folder) => {
    if (!folder.startsWith('/') || folder.length > left) return false;
    left -= folder.length;
    return true;
  });
}

/** @throws AppError `invalid-config` when the document is no JSON object; unknown fields and types are passed over. */
export function parseImageConfig(document: unknown): ImageConfig {
  if (!isObject(document))
    throw new AppError('invalid-config', 'Cannot read image config: it is not a JSON object');
  const run = child(document, 'config');
  return {
    platform: normalisePlatform(
      stringOr(property(document, 'os'), ''),
      stringOr(property(document, 'architecture'), ''),
      stringOr(property(document, 'variant'), null),
    ),
    entrypoint: readCommand(property(run, 'Entrypoint')),
    cmd: readCommand(property(run, 'Cmd')),
    workingDir: stringOr(property(run, 'WorkingDir'), '') || '/',
    searchPath: readSearchPath(property(run, 'Env')),
    labels: stringMap(property(run, 'Labels')),
    diffIds: stringList(property(child(document, 'rootfs'), 'diff_ids')),
    layerDigests: stringList(property(document, 'layerDigests')),
    component: readComponent(property(document, 'component')),
  };
}
