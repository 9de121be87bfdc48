import { existsSync } from 'node:fs';
import type { ObjectQuery } from '../../audit/ports.ts';
import { WORKLOAD_KINDS } from '../../pod/workloads.ts';
import { usageError } from '../parse-arguments.ts';

/** Words that can only mean a file. */
const FILE_NAME = /^-$|^[./~]|\.(?:ya?ml|json)$|\/.*\//i;

/** Reports whether an argument names a file: one that exists, or that could be nothing else. */
function namesFile(argument: string): boolean {
  return FILE_NAME.test(argument) || existsSync(argument);
}

function fail(message: string, advice?: string): never {
  throw usageError(message, 'review', advice);
}

/** Reads `TYPE/NAME`. */
function readPair(argument: string): ObjectQuery {
  const [type = '', name = '', ...more] = argument.split('/');
  if (type === '' || name === '' || more.length > 0) fail(`"${argument}" is not TYPE/NAME`);
  if (type.includes(',')) fail(`"${argument}" names several types; with a name, name one`);
  return { type, names: [name] };
}

/**
 * Reads the arguments as kubectl does: `TYPE/NAME …`, or `TYPE[,TYPE…] [NAME…]`.
 * @throws AppError `wrong-usage`
 */
function readQueries(positionals: readonly string[]): readonly ObjectQuery[] {
  const pairs = positionals.filter((argument) => argument.includes('/'));
  if (pairs.length === positionals.length) return pairs.map(readPair);
  if (pairs.length > 0) fail('name objects as TYPE/NAME TYPE/NAME …, or as TYPE NAME …, but not both');
  const [types = '', ...names] = positionals;
  return types.split(',').map((type) => ({ type, names }));
}

/** kubectl's short names of kinds that wasmgate reviews. */
const SHORT_NAMES: readonly string[] = ['po', 'deploy', 'rs', 'sts', 'ds', 'cj', 'rc'];

/** Words that a user may have meant as a type. */
const TYPE_WORDS: ReadonlySet<string> = new Set([
  ...SHORT_NAMES,
  ...['Pod', ...WORKLOAD_KINDS.map(({ kind }) => kind)]
    .map((kind) => kind.toLowerCase())
    .flatMap((kind) => [kind, `${kind}s`]),
]);

/** Reports whether a path that exists could also name a type, or an object of it. */
function couldBeType(path: string): boolean {
  return TYPE_WORDS.has(path.split('/', 1)[0] ?? '');
}

/** What the arguments select: files, or objects of a cluster. */
export type Target =
  | {
      readonly kind: 'files';
      readonly paths: readonly string[];
      /** Those that the user may have meant as a type of the cluster. */
      readonly lookalikes: readonly string[];
    }
  | { readonly kind: 'objects'; readonly queries: readonly ObjectQuery[] };

export interface TargetArguments {
  /** The values of `--filename`. */
  readonly filenames: readonly string[];
  readonly positionals: readonly string[];
  readonly isLive: boolean;
  /** True with flags that select among objects of a cluster. */
  readonly isAllNamespaces: boolean;
  readonly selector: string | undefined;
}

function readFiles({ filenames, positionals, isLive, ...flags }: TargetArguments): Target {
  const paths = [...filenames, ...positionals];
  if (paths.length === 0) fail('name what to review: -f FILE, -f FOLDER or -f -, or with --live TYPE/NAME');
  if (flags.isAllNamespaces || flags.selector !== undefined) {
    const flag = flags.isAllNamespaces ? 'all-namespaces' : 'selector';
    fail(
      `flag --${flag} selects objects of a cluster, not of files. Name a type, such as deployments, with --live`,
    );
  }
  const object = positionals.find((argument) => !namesFile(argument));
  if (!isLive && object !== undefined)
    fail(`there is no file "${object}"`, 'If it is an object of the cluster, add --live.');
  return { kind: 'files', paths, lookalikes: isLive ? positionals.filter(couldBeType) : [] };
}

/**
 * Distinguishes files from objects of a cluster. A path that exists is a file; only with `--live` can the first argument be a type.
 * @throws AppError `wrong-usage`
 */
export function readTarget(args: TargetArguments): Target {
  const { filenames, positionals, isLive, isAllNamespaces, selector } = args;
  const [first] = positionals;
  if (!isLive || first === undefined || namesFile(first)) return readFiles(args);
  if (filenames.length > 0)
    fail(`"${first}" is not a file. Name files, or objects of the cluster, but not both`);
  const queries = readQueries(positionals);
  const isByName = queries.some(({ names }) => names.length > 0);
  if (isByName && isAllNamespaces)
    fail('an object has its name in one namespace: leave out --all-namespaces');
  if (isByName && selector !== undefined) fail('name objects, or select them with --selector, but not both');
  return { kind: 'objects', queries };
}
