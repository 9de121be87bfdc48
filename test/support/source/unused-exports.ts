import { dirname, posix } from 'node:path';

/** Exports except types, which only name what a signature says. */
const EXPORTED = /^export (?:async )?(?:function\*?|const|class) (\w+)/gm;

/** `import { a, b as c } from './x.ts'` and `const { a } = await import('./x.ts')`. */
const IMPORTED = [
  /^import \{([^}]*)\} from '(\.[^']+)'/gm,
  /\{([^{}]*)\} = await import\('(\.[^']+)'\)/g,
] as const;
/** `(await import('./x.ts')).a` */
const IMPORTED_INLINE = /\(await import\('(\.[^']+)'\)\)\.(\w+)/g;

function exportsOf(file: string, text: string): readonly string[] {
  return [...text.matchAll(EXPORTED)].map(([, name = '']) => `${file} ${name}`);
}

function importedBy(file: string, text: string): readonly string[] {
  const at = (path: string): string => posix.join(dirname(file), path);
  const listed = IMPORTED.flatMap((pattern) => [...text.matchAll(pattern)]).flatMap(
    ([, names = '', path = '']) =>
      names.split(',').map((name) => `${at(path)} ${name.trim().split(/\W/, 1)[0] ?? ''}`),
  );
  const single = [...text.matchAll(IMPORTED_INLINE)].map(([, path = '', name = '']) => `${at(path)} ${name}`);
  return [...listed, ...single];
}

/** Returns functions and constants below `src/` that no other file or test imports, each as `path name`. */
export function unusedExports(files: ReadonlyMap<string, string>): readonly string[] {
  const imported = new Set([...files].flatMap(([file, text]) => importedBy(file, text)));
  return [...files]
    .filter(([file]) => file.startsWith('src/'))
    .flatMap(([file, text]) => exportsOf(file, text))
    .filter((name) => !imported.has(name));
}
