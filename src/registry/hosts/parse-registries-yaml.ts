import { LineCounter, parse, YAMLError } from 'yaml';
import { OPERATORS_CREDENTIALS, type Credential } from '../../credentials/credential.ts';
import { parseDockerConfig } from '../../credentials/parse-docker-config.ts';
import { DOCKER_HUB } from '../../image/reference.ts';
import { collectErrors } from '../../lib/collect-errors.ts';
import { isObject, type JsonObject, property } from '../../lib/json.ts';
import {
  type HostsTable,
  type TlsFiles,
  registryOfHost,
  PLAIN_ENDPOINT,
  type EndpointList,
  type EndpointSettings,
  HUB_HOST,
  isLoopbackHost,
} from '../endpoints.ts';
import { invalidHosts, parseServer, type Server } from './parse-server.ts';
import { parseRewrite, type Rewrite } from './rewrite-repository.ts';

export interface RegistriesFile extends HostsTable<TlsFiles> {
  readonly credentials: readonly Credential[];
}

/** The key for registries without an entry. */
const OTHERS = '*';

/** Reads a login under docker's field names, and `token`, K3s's documented name of the identity token. */
function parseAuth(name: string, config: JsonObject, file: string): readonly Credential[] {
  const auth = objectOf(config, 'auth', file);
  const token = textOf(auth, 'identity_token', file) || textOf(auth, 'token', file);
  const entry = {
    username: textOf(auth, 'username', file),
    password: textOf(auth, 'password', file),
    auth: textOf(auth, 'auth', file),
    ...(token === '' ? {} : { identitytoken: token }),
  };
  const server = registryOfHost(name);
  const text = JSON.stringify({ auths: { [server]: entry } });
  const parsed = parseDockerConfig(text, { format: 'dockerconfigjson', source: file });
  return parsed.map((credential) => ({ ...credential, publicSource: OPERATORS_CREDENTIALS }));
}

/**
 * Parses K3s's and RKE2's `registries.yaml` (docs.k3s.io, "Private Registry Configuration"; pkg/agent/containerd/config.go).
 * Each login is for the host it is listed under.
 * @throws AppError `invalid-hosts`, `invalid-rewrite`, `invalid-docker-config`, or AggregateError of several
 */
export function parseRegistriesYaml(text: string, file: string): RegistriesFile {
  const document = parseDocument(text, file);
  const configs = objectOf(document, 'configs', file);
  const mirrors = objectOf(document, 'mirrors', file);
  const source: Source = { configs, file };
  const unmirrored = Object.keys(configs).filter((name) => !Object.hasOwn(mirrors, name));
  // Docker Hub may have several names; those with endpoints come last, so they win.
  const read = collectErrors([...unmirrored, ...Object.keys(mirrors)], (name) => {
    const list = parseMirror(registryOfHost(name), objectOf(mirrors, name, file), source);
    const logins = name === OTHERS ? [] : parseAuth(name, objectOf(configs, name, file), file);
    return { entry: list === null ? [] : ([[registryOfHost(name), list]] as const), logins };
  });
  const byRegistry = new Map(read.flatMap(({ entry }) => entry));
  const others = byRegistry.get(OTHERS) ?? null;
  byRegistry.delete(OTHERS);
  return { byRegistry, others, credentials: read.flatMap(({ logins }) => logins) };
}

/** The parser's message may quote a password, so the error has only its line. */
function parseDocument(text: string, file: string): JsonObject {
  let document: unknown;
  const lineCounter = new LineCounter();
  try {
    document = parse(text, { prettyErrors: false, logLevel: 'error', stringKeys: true, lineCounter }) ?? {};
  } catch (error) {
    const line = error instanceof YAMLError ? `, line ${lineCounter.linePos(error.pos[0]).line}` : '';
    throw invalidHosts(subjectOf(file), `it is not YAML${line}`);
  }
  if (!isObject(document)) throw invalidHosts(subjectOf(file), 'it is not a map');
  return document;
}

export interface Source {
  /** Keyed by host. */
  readonly configs: JsonObject;
  readonly file: string;
}

function subjectOf(file: string): string {
  return `registries file "${file}"`;
}

function objectOf(parent: JsonObject, key: string, file: string): JsonObject {
  const value = property(parent, key) ?? {};
  if (isObject(value)) return value;
  throw invalidHosts(subjectOf(file), `"${key}" is not a map`);
}

function textOf(parent: JsonObject, key: string, file: string): string {
  const value = property(parent, key) ?? '';
  if (typeof value === 'string') return value;
  throw invalidHosts(subjectOf(file), `"${key}" must be a string`);
}

function parseTls(config: JsonObject, file: string): TlsFiles | null {
  const tls = objectOf(config, 'tls', file);
  const [ca, cert, key] = ['ca_file', 'cert_file', 'key_file'].map((name) => textOf(tls, name, file));
  const insecure = property(tls, 'insecure_skip_verify') ?? false;
  if (typeof insecure !== 'boolean')
    throw invalidHosts(subjectOf(file), '"insecure_skip_verify" must be true or false');
  if ((cert === '') !== (key === ''))
    throw invalidHosts(subjectOf(file), '"cert_file" and "key_file" must be set together');
  if (!ca && !cert && !insecure) return null;
  return { ca: ca ? [ca] : [], client: cert && key ? [{ cert, key }] : [], insecure };
}

/** Docker Hub's settings may be listed under either of its names (`configForHost`). */
function configOf({ configs, file }: Source, registry: string): JsonObject {
  const names = registry === DOCKER_HUB ? [HUB_HOST, DOCKER_HUB] : [registry];
  const name = names.find((candidate) => Object.hasOwn(configs, candidate));
  return name === undefined ? {} : objectOf(configs, name, file);
}

/** K3s uses plain http for the node itself, except on the https port. */
function schemeOf(authority: string): 'http' | 'https' {
  const text = `https://${authority}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && isLoopbackHost(url.hostname) && url.port !== '' ? 'http' : 'https';
}

/** Keeps an explicit path; without one, the API is at the specification's `/v2` (`normalizeEndpointAddress`). */
function parseAddress(address: unknown, file: string): Server {
  const subject = subjectOf(file);
  if (typeof address !== 'string') throw invalidHosts(subject, '"endpoint" takes a list of addresses');
  const [path] = /(?<![/:])\/.*$/s.exec(address) ?? ['/'];
  const text = address.includes('://') ? address : `${schemeOf(address)}://${address}`;
  const server = parseServer(text, { isWhole: path !== '/' && !/^\/v2\/?$/.test(path), subject });
  if (server.base.host === DOCKER_HUB) server.base.host = HUB_HOST;
  return server;
}

/** K3s compares endpoints by their URLs with the port as written. */
function keyOf({ base, registry }: Server): string {
  return `${base.protocol}//${registry}${base.pathname}`;
}

function parseEndpoints(
  mirror: JsonObject,
  rewrites: readonly Rewrite[],
  source: Source,
): readonly (EndpointSettings<TlsFiles> & Server)[] {
  const addresses = property(mirror, 'endpoint') ?? [];
  if (!Array.isArray(addresses))
    throw invalidHosts(subjectOf(source.file), '"endpoint" takes a list of addresses');
  const servers = addresses.map((address) => parseAddress(address, source.file));
  return servers.map((server) => {
    const tls = parseTls(configOf(source, server.registry), source.file);
    return { ...PLAIN_ENDPOINT, ...server, rewrites, tls };
  });
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/**
 * Returns a registry's endpoints as K3s configures them in containerd (`getHostConfigs`): each once, then the registry
 * itself, which gets the rewrites only if it is listed last. Null if the entry changes nothing: then `*` applies.
 */
function parseMirror(registry: string, mirror: JsonObject, source: Source): EndpointList<TlsFiles> | null {
  const { file } = source;
  const texts = objectOf(mirror, 'rewrite', file);
  const rewrites = Object.keys(texts).map((pattern) => parseRewrite(pattern, textOf(texts, pattern, file)));
  const listed = parseEndpoints(mirror, rewrites, source);
  const once = listed.filter((one, at) => listed.findIndex((other) => keyOf(other) === keyOf(one)) === at);
  const last = listed.at(-1);
  const isOwnLast =
    last !== undefined && last === once.at(-1) && keyOf(last) === `${schemeOf(registry)}://${registry}/v2`;
  const config = configOf(source, registry);
  const own = { ...PLAIN_ENDPOINT, rewrites: isOwnLast ? rewrites : [], tls: parseTls(config, file) };
  const before = isOwnLast ? once.slice(0, -1) : once;
  const hasMirrors = before.length > 0 || own.rewrites.length > 0;
  const isConfigured = isSet(property(config, 'auth')) || isSet(property(config, 'tls'));
  return hasMirrors || isConfigured ? [...before, own] : null;
}
