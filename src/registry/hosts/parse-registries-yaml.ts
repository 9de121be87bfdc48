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

/** For registries without an entry of their own. */
const OTHERS = '*';

/** The words of docker's config entries; `token` is what K3s's page calls the identity token. */
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
 * K3s's and RKE2's `registries.yaml` (docs.k3s.io, "Private Registry Configuration"; pkg/agent/containerd/config.go). Logins
 * belong to the host they are named for.
 * @throws AppError `invalid-hosts`, `invalid-rewrite`, `invalid-docker-config`, or AggregateError of several
 */
export function parseRegistriesYaml(text: string, file: string): RegistriesFile {
  const document = parseDocument(text, file);
  const configs = objectOf(document, 'configs', file);
  const mirrors = objectOf(document, 'mirrors', file);
  const source: Source = { configs, file };
  const unmirrored = Object.keys(configs).filter((name) => !Object.hasOwn(mirrors, name));
  // Docker Hub may stand under several names: those with endpoints come last, and so they win.
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

/** What the parser complains of may quote a password: of it only the place is told. */
function parseDocument(text: string, file: string): JsonObject {
  let document: unknown;
  const lineCounter = new LineCounter();
  try {
    document = parse(text, { prettyErrors: false, logLevel: 'error', lineCounter }) ?? {};
  } catch (error) {
    const line = error instanceof YAMLError ? `, line ${lineCounter.linePos(error.pos[0]).line}` : '';
    throw invalidHosts(subjectOf(file), `it is no YAML${line}`);
  }
  if (!isObject(document)) throw invalidHosts(subjectOf(file), 'it is no map');
  return document;
}

export interface Source {
  /** By the host that they are written for. */
  readonly configs: JsonObject;
  readonly file: string;
}

function subjectOf(file: string): string {
  return `registries file "${file}"`;
}

function objectOf(parent: JsonObject, key: string, file: string): JsonObject {
  const value = property(parent, key) ?? {};
  if (isObject(value)) return value;
  throw invalidHosts(subjectOf(file), `"${key}" is no map`);
}

function textOf(parent: JsonObject, key: string, file: string): string {
  const value = property(parent, key) ?? '';
  if (typeof value === 'string') return value;
  throw invalidHosts(subjectOf(file), `"${key}" takes text`);
}

function parseTls(config: JsonObject, file: string): TlsFiles | null {
  const tls = objectOf(config, 'tls', file);
  const [ca, cert, key] = ['ca_file', 'cert_file', 'key_file'].map((name) => textOf(tls, name, file));
  const insecure = property(tls, 'insecure_skip_verify') ?? false;
  if (typeof insecure !== 'boolean')
    throw invalidHosts(subjectOf(file), '"insecure_skip_verify" takes true or false');
  if ((cert === '') !== (key === ''))
    throw invalidHosts(subjectOf(file), '"cert_file" and "key_file" go together');
  if (!ca && !cert && !insecure) return null;
  return { ca: ca ? [ca] : [], client: cert && key ? [{ cert, key }] : [], insecure };
}

/** Docker Hub's settings may stand under either of its names (`configForHost`). */
function configOf({ configs, file }: Source, registry: string): JsonObject {
  const names = registry === DOCKER_HUB ? [HUB_HOST, DOCKER_HUB] : [registry];
  const name = names.find((candidate) => Object.hasOwn(configs, candidate));
  return name === undefined ? {} : objectOf(configs, name, file);
}

/** K3s speaks plain http to the node itself, except on the port of https. */
function schemeOf(authority: string): 'http' | 'https' {
  const text = `https://${authority}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && isLoopbackHost(url.hostname) && url.port !== '' ? 'http' : 'https';
}

/** Whole paths stand as they are; without one, the API is where the specification has it (`normalizeEndpointAddress`). */
function parseAddress(address: unknown, file: string): Server {
  const subject = subjectOf(file);
  if (typeof address !== 'string') throw invalidHosts(subject, '"endpoint" takes a list of addresses');
  const [path] = /(?<![/:])\/.*$/s.exec(address) ?? ['/'];
  const text = address.includes('://') ? address : `${schemeOf(address)}://${address}`;
  const server = parseServer(text, { isWhole: path !== '/' && !/^\/v2\/?$/.test(path), subject });
  if (server.base.host === DOCKER_HUB) server.base.host = HUB_HOST;
  return server;
}

/** What K3s compares endpoints by: their URLs with the port as it is written. */
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

function isWritten(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/**
 * A registry's endpoints as K3s writes them for containerd (`getHostConfigs`): each once, then the registry itself, which
 * has the rewrites only if it is listed last. Null if nothing is said that is not so anyway: then what stands for all
 * other registries holds.
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
  const isSaid = before.length > 0 || own.rewrites.length > 0;
  const isConfigured = isWritten(property(config, 'auth')) || isWritten(property(config, 'tls'));
  return isSaid || isConfigured ? [...before, own] : null;
}
