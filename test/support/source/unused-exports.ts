import { dirname, posix } from 'node:path';

/** Types are let be: they name what the signature beside them says. */
const EXPORTED = /^export (?:async )?(?:function\*?|const|class) (\w+)/gm;

/** `import { a, b as c } from './x.ts'` and, late, `const { a } = await import('./x.ts')`. */
const TAKEN = [
  /^import \{([^}]*)\} from '(\.[^']+)'/gm,
  /\{([^{}]*)\} = await import\('(\.[^']+)'\)/g,
] as const;
/** `(await import('./x.ts')).a` */
const TAKEN_AT_ONCE = /\(await import\('(\.[^']+)'\)\)\.(\w+)/g;

function exportsOf(file: string, text: string): readonly string[] {
  return [...text.matchAll(EXPORTED)].map(([, name = '']) => `${file} ${name}`);
}

function takenBy(file: string, text: string): readonly string[] {
  const at = (path: string): string => posix.join(dirname(file), path);
  const listed = TAKEN.flatMap((pattern) => [...text.matchAll(pattern)]).flatMap(
    ([, names = '', path = '']) =>
      names.split(',').map((name) => `${at(path)} ${name.trim().split(/\W/, 1)[0] ?? ''}`),
  );
  const single = [...text.matchAll(TAKEN_AT_ONCE)].map(([, path = '', name = '']) => `${at(path)} ${name}`);
  return [...listed, ...single];
}

/** Functions and constants below `src/` that no other file imports, tests included: each as `path name`. */
export function unusedExports(files: ReadonlyMap<string, string>): readonly string[] {
  const taken = new Set([...files].flatMap(([file, text]) => takenBy(file, text)));
  return [...files]
    .filter(([file]) => file.startsWith('src/'))
    .flatMap(([file, text]) => exportsOf(file, text))
    .filter((name) => !taken.has(name));
}
