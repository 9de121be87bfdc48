import { dirname, isAbsolute, resolve } from 'node:path';
import { parse } from 'yaml';
import { isMissing, readText } from '../files/read-text.ts';
import { AppError, describeError, type Blame } from '../lib/errors.ts';
import { isObject, property, stringOr, type JsonObject } from '../lib/json.ts';
import { didYouMean } from '../lib/nearest-name.ts';
import { createKubernetesError, type KubernetesError } from './kubernetes-error.ts';

const LISTS = ['clusters', 'users', 'contexts'] as const;
type ListName = (typeof LISTS)[number];

/** The key of an entry's content in each list. */
const CONTENT_KEYS: Readonly<Record<ListName, string>> = {
  clusters: 'cluster',
  users: 'user',
  contexts: 'context',
};

/** Keys that hold paths relative to the folder of their kubeconfig. */
const PATH_KEYS: Readonly<Record<ListName, readonly string[]>> = {
  clusters: ['certificate-authority'],
  users: ['client-certificate', 'client-key', 'tokenFile'],
  contexts: [],
};

type Entries = ReadonlyMap<string, JsonObject>;

/** One kubeconfig, or several merged ones. Paths in it are absolute. */
export interface Kubeconfig extends Readonly<Record<ListName, Entries>> {
  readonly files: readonly string[];
  /** Empty if no file sets one. */
  readonly currentContext: string;
}

/** The cluster, the login and the namespace of one context. */
export interface KubeconfigContext {
  readonly name: string;
  /** Empty if the context sets none. */
  readonly namespace: string;
  readonly server: URL;
  readonly cluster: JsonObject;
  /** Empty for a context without a user. */
  readonly user: JsonObject;
}

function invalid(file: string, state: string): KubernetesError {
  return createKubernetesError(`read kubeconfig "${file}"`, 'invalid-kubeconfig', { state });
}

function absolutePaths(content: JsonObject, keys: readonly string[], folder: string): JsonObject {
  const paths = keys.flatMap((key) => {
    const path = stringOr(property(content, key), '');
    return path === '' || isAbsolute(path) ? [] : [[key, resolve(folder, path)] as const];
  });
  return { ...content, ...Object.fromEntries(paths) };
}

/** A command with a slash is a path as well; any other is looked up on the PATH. */
function absoluteCommand(user: JsonObject, folder: string): JsonObject {
  const exec = property(user, 'exec');
  if (!isObject(exec) || !stringOr(property(exec, 'command'), '').includes('/')) return user;
  return { ...user, exec: absolutePaths(exec, ['command'], folder) };
}

function readEntries(document: JsonObject, list: ListName, file: string): Entries {
  const entries = property(document, list) ?? [];
  if (!Array.isArray(entries)) throw invalid(file, `"${list}" is not a list`);
  const folder = dirname(file);
  return new Map(
    entries.filter(isObject).map((entry) => {
      const content = property(entry, CONTENT_KEYS[list]);
      const absolute = absolutePaths(isObject(content) ? content : {}, PATH_KEYS[list], folder);
      return [
        stringOr(property(entry, 'name'), ''),
        list === 'users' ? absoluteCommand(absolute, folder) : absolute,
      ];
    }),
  );
}

function parseKubeconfig(text: string, file: string): Kubeconfig {
  let document: unknown;
  try {
    document = parse(text, { logLevel: 'error', stringKeys: true }) ?? {};
  } catch (cause) {
    // The lines that follow quote the file, which may hold a token.
    const [what = ''] = describeError(cause).split('\n', 1);
    throw invalid(file, what.replace(/:$/, ''));
  }
  if (!isObject(document)) throw invalid(file, 'it is not a kubeconfig');
  return {
    files: [file],
    clusters: readEntries(document, 'clusters', file),
    users: readEntries(document, 'users', file),
    contexts: readEntries(document, 'contexts', file),
    currentContext: stringOr(property(document, 'current-context'), ''),
  };
}

/** Merges as client-go does: the first file that has an entry or the current context wins, and never mixes with another's. */
function merge(configs: readonly Kubeconfig[]): Kubeconfig {
  const entriesOf = (list: ListName): Entries =>
    new Map(configs.toReversed().flatMap((config) => [...config[list]]));
  return {
    files: configs.flatMap(({ files }) => files),
    clusters: entriesOf('clusters'),
    users: entriesOf('users'),
    contexts: entriesOf('contexts'),
    currentContext: configs.find(({ currentContext }) => currentContext !== '')?.currentContext ?? '',
  };
}

/**
 * Reads one kubeconfig.
 * @throws KubernetesError `invalid-kubeconfig`
 */
export async function readKubeconfig(file: string): Promise<Kubeconfig> {
  const config = await readIfExists(file);
  if (config === null) throw invalid(file, 'there is no such file or folder');
  return config;
}

async function readIfExists(file: string): Promise<Kubeconfig | null> {
  let text: string;
  try {
    text = await readText({ path: file });
  } catch (error) {
    if (isMissing(error)) return null;
    throw invalid(file, describeError(error).replace(`Cannot read "${file}": `, ''));
  }
  return parseKubeconfig(text, file);
}

/**
 * Reads the kubeconfigs that exist, and merges them as client-go does.
 * @returns null if none exists
 * @throws KubernetesError `invalid-kubeconfig` for a file that exists and cannot be read
 */
export async function mergeKubeconfigs(files: readonly string[]): Promise<Kubeconfig | null> {
  const found = (await Promise.all(files.map(readIfExists))).filter((config) => config !== null);
  return found.length === 0 ? null : merge(found);
}

/** A longer list is no help in an error. */
const MAX_LISTED_CONTEXTS = 20;

/** Says which contexts there are to a user who named none of them. */
function adviseContexts({ contexts }: Kubeconfig): string {
  const names = [...contexts.keys()];
  if (names.length === 0) return 'Name another kubeconfig with --kubeconfig FILE.';
  const more = names.length > MAX_LISTED_CONTEXTS ? `, and ${names.length - MAX_LISTED_CONTEXTS} more` : '';
  return `Name one of its contexts with --context: ${names.slice(0, MAX_LISTED_CONTEXTS).join(', ')}${more}.`;
}

function unusable({ files }: Kubeconfig, state: string, options: { advice?: string; blame?: Blame } = {}) {
  const list = files.map((file) => `"${file}"`).join(', ');
  return new AppError('invalid-kubeconfig', `Cannot use kubeconfig ${list}: ${state}`, options);
}

function textOf(object: JsonObject, key: string): string {
  return stringOr(property(object, key), '');
}

function findContext(config: Kubeconfig, chosen: string | undefined): readonly [string, JsonObject] {
  const { contexts, currentContext } = config;
  const name = chosen ?? currentContext;
  const advice = adviseContexts(config);
  if (name === '') throw unusable(config, 'it sets no current-context', { advice });
  const context = contexts.get(name);
  if (context !== undefined) return [name, context];
  const which = chosen === undefined ? ', which is its current-context' : '';
  const hint = didYouMean(name, [...contexts.keys()]);
  const blame = chosen === undefined ? 'world' : 'input';
  throw unusable(config, `it has no context "${name}"${which}.${hint}`, { advice, blame });
}

/**
 * Returns a context of a kubeconfig.
 * @param chosen the context that the user named; undefined for the current one
 * @throws AppError `invalid-kubeconfig`
 */
export function selectContext(config: Kubeconfig, chosen?: string): KubeconfigContext {
  const [name, context] = findContext(config, chosen);
  const find = (what: 'cluster' | 'user', entries: Entries): JsonObject => {
    const entry = textOf(context, what);
    const found = entries.get(entry);
    if (found !== undefined) return found;
    throw unusable(config, `its context "${name}" names ${what} "${entry}", which it does not have`);
  };
  const cluster = find('cluster', config.clusters);
  const address = textOf(cluster, 'server');
  if (!URL.canParse(address)) {
    const what = `the cluster of its context "${name}"`;
    throw unusable(config, `${what} needs a server such as https://host:6443, found "${address}"`);
  }
  return {
    name,
    namespace: textOf(context, 'namespace'),
    server: new URL(address),
    cluster,
    user: textOf(context, 'user') === '' ? {} : find('user', config.users),
  };
}
