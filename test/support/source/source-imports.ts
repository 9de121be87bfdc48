import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';

export interface SourceImport {
  /** The importing file, relative to `src`, with forward slashes. */
  readonly from: string;
  /** The imported file relative to `src`, or the package's or built-in's name. */
  readonly to: string;
  readonly isLocal: boolean;
  /** Only types: gone when the program runs. */
  readonly isType: boolean;
  /** `import('…')`: loaded when the line is reached, if ever. */
  readonly isLate: boolean;
}

const STATEMENT = /^(?:import|export)\s+(type\s+)?(?:([^'";=]*?)\s+from\s+)?'([^']+)'/gm;
const DYNAMIC = /\bimport\(\s*'([^']+)'\s*\)/g;

/** `{ type A, type B }`: every name a type. */
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

/** Every import of one source text. */
export function importsOf(file: string, source: string): readonly SourceImport[] {
  const fixed = [...source.matchAll(STATEMENT)].map(([, type, clause = '', specifier = '']) => ({
    from: file,
    ...target(file, specifier),
    isType: type !== undefined || hasOnlyTypes(clause),
    isLate: false,
  }));
  const late = [...source.matchAll(DYNAMIC)].map(([, specifier = '']) => ({
    from: file,
    ...target(file, specifier),
    isType: false,
    isLate: true,
  }));
  return [...fixed, ...late];
}

/** Source files below `root`, relative to it, with forward slashes. */
export function sourceFiles(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted();
}

export function readImports(root: string): readonly SourceImport[] {
  return sourceFiles(root).flatMap((file) => importsOf(file, readFileSync(join(root, file), 'utf8')));
}

/** All that is loaded together with a file: files relative to `src`, packages and built-ins. */
export function loadedWith(file: string, imports: readonly SourceImport[]): ReadonlySet<string> {
  const next = Map.groupBy(
    imports.filter(({ isType, isLate }) => !isType && !isLate),
    ({ from }) => from,
  );
  const loaded = new Set([file]);
  // A set is walked on to what is added on the way.
  for (const one of loaded) for (const { to } of next.get(one) ?? []) loaded.add(to);
  return loaded;
}
