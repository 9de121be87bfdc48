import { DOCKER_HUB } from '../../image/reference.ts';
import { isObject, property, type JsonObject } from '../../lib/json.ts';
import { PLAIN_ENDPOINT, type EndpointList, type EndpointSettings, type TlsFiles } from '../endpoint.ts';
import { HUB_HOST } from '../hub.ts';
import { isLoopbackHost } from './hosts.ts';
import { invalidHosts } from './invalid-hosts.ts';
import { parseServer, type Server } from './parse-server.ts';
import { parseRewrite, type Rewrite } from './rewrite-repository.ts';

export interface Source {
  /** By the host that they are written for. */
  readonly configs: JsonObject;
  readonly file: string;
}

export function subjectOf(file: string): string {
  return `registries file "${file}"`;
}

export function objectOf(parent: JsonObject, key: string, file: string): JsonObject {
  const value = property(parent, key) ?? {};
  if (isObject(value)) return value;
  throw invalidHosts(subjectOf(file), `"${key}" is no map`);
}

export function textOf(parent: JsonObject, key: string, file: string): string {
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
export function parseMirror(
  registry: string,
  mirror: JsonObject,
  source: Source,
): EndpointList<TlsFiles> | null {
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
