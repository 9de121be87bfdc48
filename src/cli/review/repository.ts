import { readdir, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, posix, relative, resolve, sep } from 'node:path';
import { parse } from 'yaml';
import type { Origin, Source } from '../../audit/subject.ts';
import { readText } from '../../files/read-text.ts';
import { isObject, property, stringOr } from '../../lib/json.ts';
import { KUSTOMIZATION_FILES } from './manifests.ts';
import { STANDARD_INPUT } from './read-files.ts';

const SEARCH_LIMITS = {
  /** Enough for a large repository of manifests. In a larger one, charts may stay unfound. */
  folders: 5000,
  /** A Chart.yaml is a few hundred bytes. */
  chartBytes: 64 * 1024,
} as const;

/** Where a reader of the repository finds an object. */
export interface Place {
  /** With slashes; relative to the repository, or absolute. Null if the object comes from no file. */
  readonly path: string | null;
  /** False for a file elsewhere. */
  readonly isInside: boolean;
  readonly line: number;
  /** True if the object was rendered from the file. The line then stands for the whole file. */
  readonly isRendered: boolean;
}

/** The Git repository that holds the current folder; without one, that folder. */
export interface Repository {
  /** Absolute. */
  readonly root: string;
  /** @param line in the file that was read */
  readonly place: (source: Pick<Source, 'file' | 'origin'>, line: number | null) => Place;
}

/** The files of a repository that Helm and kustomize render, with paths relative to it. */
interface Tree {
  readonly files: ReadonlySet<string>;
  /** Folders of charts, by the chart's name. */
  readonly charts: ReadonlyMap<string, readonly string[]>;
  /** Folders that kustomize builds. */
  readonly kustomizations: readonly string[];
}

const NO_TREE: Tree = { files: new Set(), charts: new Map(), kustomizations: [] };

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function findRoot(folder: string): Promise<string> {
  for (let current = folder; ; current = dirname(current)) {
    // In a worktree or a submodule, `.git` is a file.
    if (await exists(join(current, '.git'))) return current;
    if (dirname(current) === current) return folder;
  }
}

/** Lists the files below a folder, the nearest first, without hidden folders and without following links. */
async function listFiles(root: string): Promise<ReadonlySet<string>> {
  const files = new Set<string>();
  const folders = [''];
  // The loop also goes through the folders that it appends.
  for (const folder of folders) {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = posix.join(folder, entry.name);
      if (entry.isFile()) files.add(path);
      const isOpen = entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules';
      if (isOpen && folders.length < SEARCH_LIMITS.folders) folders.push(path);
    }
  }
  return files;
}

/** Returns the name of a chart, which its folder need not have; '' if the file is invalid. */
async function readChartName(path: string): Promise<string> {
  try {
    const text = await readText({ path, maxBytes: SEARCH_LIMITS.chartBytes });
    const chart: unknown = parse(text, { logLevel: 'error', stringKeys: true });
    return isObject(chart) ? stringOr(property(chart, 'name'), '') : '';
  } catch {
    return '';
  }
}

async function findTree(root: string): Promise<Tree> {
  const files = await listFiles(root);
  const foldersOf = (names: ReadonlySet<string>): readonly string[] => [
    ...new Set(
      [...files].filter((path) => names.has(posix.basename(path))).map((path) => posix.dirname(path)),
    ),
  ];
  const charts = new Map<string, string[]>();
  for (const folder of foldersOf(new Set(['Chart.yaml']))) {
    const name = await readChartName(join(root, folder, 'Chart.yaml'));
    charts.set(name, [...(charts.get(name) ?? []), folder]);
  }
  return { files, charts, kustomizations: foldersOf(KUSTOMIZATION_FILES) };
}

/** Returns the paths that an origin may mean. A path that leads out of the chart or the repository means none. */
function candidatesFor({ tool, path }: Origin, { charts, kustomizations }: Tree): readonly string[] {
  if (tool === 'kustomize') return kustomizations.map((folder) => posix.join(folder, path));
  const [name = '', ...rest] = path.split('/');
  return (charts.get(name) ?? []).map((folder) => posix.join(folder, ...rest));
}

/** Returns the only file that an origin can mean; null if there are none or several. */
function findFile(origin: Origin, tree: Tree): string | null {
  if (origin.repo !== null) return null;
  const found = new Set(candidatesFor(origin, tree).filter((path) => tree.files.has(path)));
  const [only] = found;
  return found.size === 1 && only !== undefined ? only : null;
}

/** Returns the path as the tool wrote it, within the repository; null for a file of another repository. */
function asWritten({ path, repo }: Origin): string | null {
  if (repo !== null) return null;
  const inside = posix.normalize(path).replace(/^(?:\.{0,2}\/)+/, '');
  return inside === '' || inside === '.' || inside === '..' ? null : inside;
}

function toSlashes(path: string): string {
  return path.split(sep).join('/');
}

/** Returns the relative path of a file below a folder; null if it is elsewhere. */
function pathInside(root: string, file: string): string | null {
  const path = relative(root, file);
  return path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path) ? null : toSlashes(path);
}

/**
 * Finds the repository, and the files in it that the objects name as their origin. Helm names a chart and not its folder, and
 * kustomize names a path from a folder that it does not name; so both are searched for.
 */
export async function openRepository(folder: string, origins: readonly Origin[]): Promise<Repository> {
  const root = await findRoot(folder);
  const tree = origins.length === 0 ? NO_TREE : await findTree(root);
  const place: Repository['place'] = ({ file, origin }, line) => {
    // A template's lines are not those of what was rendered from it.
    const rendered = { isInside: true, line: 1, isRendered: true };
    const found = origin === null ? null : findFile(origin, tree);
    if (found !== null) return { path: found, ...rendered };
    const read = file === STANDARD_INPUT || line === null ? null : resolve(folder, file);
    const path = read === null ? null : pathInside(root, read);
    const here = { line: line ?? 1, isRendered: false };
    if (path !== null) return { path, isInside: true, ...here };
    const written = origin === null ? null : asWritten(origin);
    if (written !== null) return { path: written, ...rendered };
    return { path: read === null ? null : toSlashes(read), isInside: false, ...here };
  };
  return { root, place };
}
