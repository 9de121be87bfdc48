import { isAbsolute, join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { collectErrors } from '../../lib/collect-errors.ts';
import { describeError } from '../../lib/errors.ts';
import { isObject, property, type JsonObject } from '../../lib/json.ts';
import type { EndpointList, EndpointSettings, TlsFiles } from '../endpoints.ts';
import { invalidHosts, parseServer } from './parse-server.ts';
import { parseRewrite } from './rewrite-repository.ts';

interface HostsFile {
  readonly file: string;
  /** The base of its relative paths. */
  readonly folder: string;
}

interface Origin extends Pick<HostsFile, 'folder'> {
  /** The file, as errors name it. */
  readonly subject: string;
}

const HOSTS_TOML_LIMITS = {
  /** `host` → its address → `header` or `rewrite` → a name → a list of values makes five. */
  depth: 8,
} as const;

const CAPABILITIES: ReadonlySet<string> = new Set(['pull', 'resolve', 'push', 'referrers']);

function strings(value: unknown, name: string, { subject }: Origin): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.every((item) => typeof item === 'string')) return list;
  throw invalidHosts(subject, `"${name}" must be a string, or a list of strings`);
}

function tableOf(parent: JsonObject, name: string, { subject }: Origin): JsonObject {
  const table = property(parent, name) ?? {};
  if (isObject(table)) return table;
  throw invalidHosts(subject, `"${name}" is not a table`);
}

function flag(table: JsonObject, name: string, { subject }: Origin): boolean {
  const value = property(table, name) ?? false;
  if (typeof value === 'boolean') return value;
  throw invalidHosts(subject, `"${name}" must be true or false`);
}

/** Parses files that hold both certificate and key, or pairs of files, of which the second may be empty. */
function parseClient(value: unknown, origin: Origin): TlsFiles['client'] {
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
  return entries.map((entry) => {
    const [cert = '', key = '', ...more] = strings(entry, 'client', origin);
    if (cert === '' || more.length > 0)
      throw invalidHosts(origin.subject, '"client" must be a list of files or of pairs of files');
    return { cert: resolve(cert, origin), key: key === '' ? null : resolve(key, origin) };
  });
}

function resolve(path: string, { folder }: Origin): string {
  return isAbsolute(path) ? path : join(folder, path);
}

function parseTls(table: JsonObject, origin: Origin): TlsFiles | null {
  const ca = property(table, 'ca');
  const client = property(table, 'client');
  const insecure = flag(table, 'skip_verify', origin);
  if (ca === undefined && client === undefined && !insecure) return null;
  return {
    ca: ca === undefined ? [] : strings(ca, 'ca', origin).map((path) => resolve(path, origin)),
    client: client === undefined ? [] : parseClient(client, origin),
    insecure,
  };
}

function parseHost(server: string | null, table: JsonObject, origin: Origin): EndpointSettings<TlsFiles> {
  const { subject } = origin;
  const given = strings(property(table, 'capabilities') ?? [], 'capabilities', origin);
  const wanted = new Set(given.map((name) => name.toLowerCase()));
  for (const name of wanted)
    if (!CAPABILITIES.has(name)) throw invalidHosts(subject, `there is no capability "${name}"`);
  // Without a server, the registry itself has all capabilities, whatever the top of the file says.
  const isAble = (name: string): boolean => server === null || wanted.size === 0 || wanted.has(name);
  const rewrites = Object.entries(tableOf(table, 'rewrite', origin)).map(([pattern, replacement]) => {
    const [text = ''] = strings(replacement, 'rewrite', origin);
    return parseRewrite(pattern, text);
  });
  return {
    ...(server === null
      ? { base: null, registry: null }
      : parseServer(server, { isWhole: flag(table, 'override_path', origin), subject })),
    pulls: isAble('pull'),
    resolves: isAble('resolve'),
    headers: parseEndpointHeaders(tableOf(table, 'header', origin), subject),
    rewrites,
    tls: parseTls(table, origin),
  };
}

/**
 * Parses a `hosts.toml` as containerd does (docs/hosts.md, core/remotes/docker/config/hosts.go): the hosts in order, then
 * the server, by default the registry itself. K3s adds rewrites. What containerd ignores with a log line is an error here.
 * @throws AppError `invalid-hosts`, `invalid-rewrite`, or AggregateError of several
 */
export function parseHostsToml(text: string, { file, folder }: HostsFile): EndpointList<TlsFiles> {
  const origin = { subject: `hosts file "${file}"`, folder };
  let document: JsonObject;
  try {
    document = parse(text, { maxDepth: HOSTS_TOML_LIMITS.depth });
  } catch (error) {
    const [first = ''] = describeError(error).split('\n', 1);
    throw invalidHosts(origin.subject, error instanceof TomlError ? `line ${error.line}: ${first}` : first);
  }
  const server = property(document, 'server') ?? '';
  if (typeof server !== 'string') throw invalidHosts(origin.subject, '"server" must be an address');
  const last = [server === '' ? null : server, document] as const;
  return collectErrors([...Object.entries(tableOf(document, 'host', origin)), last], ([address, table]) => {
    if (!isObject(table)) throw invalidHosts(origin.subject, `host "${address}" is not a table`);
    return parseHost(address, table, origin);
  });
}

const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const VALUE = /^[\t\x20-\x7e]*$/;

/** Headers of the connection itself, and of the requested host. */
const RESERVED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Values may be secrets, so errors name only the header. @throws AppError `invalid-hosts` */
function parseEndpointHeaders(table: JsonObject, subject: string): Readonly<Record<string, string>> {
  const entries = Object.entries(table).map(([name, value]) => {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    const isGood = values.every((part) => typeof part === 'string' && VALUE.test(part));
    if (!NAME.test(name) || RESERVED.has(name.toLowerCase()) || !isGood) {
      throw invalidHosts(subject, `header "${name}" cannot be sent`);
    }
    return [name.toLowerCase(), values.join(', ')] as const;
  });
  return Object.fromEntries(entries);
}
