import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';

export interface SourceImport {
  /** Importing file relative to `src`, with forward slashes. */
  readonly from: string;
  /** Imported file relative to `src`, or the name of the package or built-in module. */
  readonly to: string;
  readonly isLocal: boolean;
  /** True if it imports types only, which do not exist at run time. */
  readonly isType: boolean;
  /** True for `import('…')`. */
  readonly isDynamic: boolean;
}

const STATEMENT = /^(?:import|export)\s+(type\s+)?(?:([^'";=]*?)\s+from\s+)?'([^']+)'/gm;
const DYNAMIC = /\bimport\(\s*'([^']+)'\s*\)/g;

/** Reports whether every name is a type: `{ type A, type B }`. */
function hasOnlyTypes(clause: string): boolean {
  const names = /^\{([^}]*)\}$/.exec(clause.trim());
  const list = (names?.[1] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return list.length > 0 && list.every((name) => name.startsWith('type '));
}

function target(file: string, specifier: string): Pick<SourceImport, 'to' | 'isLocal'> {
  if (!specifier.startsWith('.')) return { to: specifier, isLocal: false };
  return { to: posix.normalize(posix.join(dirname(file), specifier)), isLocal: true };
}

/** Returns the imports of a source text. */
export function importsOf(file: string, source: string): readonly SourceImport[] {
  const fixed = [...source.matchAll(STATEMENT)].map(([, type, clause = '', specifier = '']) => ({
    from: file,
    ...target(file, specifier),
    isType: type !== undefined || hasOnlyTypes(clause),
    isDynamic: false,
  }));
  const late = [...source.matchAll(DYNAMIC)].map(([, specifier = '']) => ({
    from: file,
    ...target(file, specifier),
    isType: false,
    isDynamic: true,
  }));
  return [...fixed, ...late];
}

/** Lists the source files below `root`, relative to it, with forward slashes. */
export function sourceFiles(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted();
}

export function readImports(root: string): readonly SourceImport[] {
  return sourceFiles(root).flatMap((file) => importsOf(file, readFileSync(join(root, file), 'utf8')));
}

/** Returns what loads together with a file: files relative to `src`, packages and built-in modules. */
export function loadedWith(file: string, imports: readonly SourceImport[]): ReadonlySet<string> {
  const next = Map.groupBy(
    imports.filter(({ isType, isDynamic }) => !isType && !isDynamic),
    ({ from }) => from,
  );
  const loaded = new Set([file]);
  // Iterating over a set includes what is added meanwhile.
  for (const one of loaded) for (const { to } of next.get(one) ?? []) loaded.add(to);
  return loaded;
}
