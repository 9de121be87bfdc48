import { LineCounter, parse, YAMLError } from 'yaml';
import { OPERATORS_CREDENTIALS, type Credential } from '../../credentials/credential.ts';
import { parseDockerConfig } from '../../credentials/parse-docker-config.ts';
import { every } from '../../every.ts';
import { DOCKER_HUB } from '../../image/reference.ts';
import { isObject, property, type JsonObject } from '../../json.ts';
import { PLAIN_ENDPOINT, type EndpointSettings, type HostsTable, type TlsFiles } from '../endpoint.ts';
import { HUB_HOST, hostOfRegistry, registryOfHost } from '../hub.ts';
import { invalidHosts } from './invalid-hosts.ts';
import { parseServer } from './parse-server.ts';
import { parseRewrite, type Rewrite } from './rewrite-repository.ts';

export interface RegistriesFile extends HostsTable<TlsFiles> {
  readonly credentials: readonly Credential[];
}

/** For registries without an entry of their own. */
const OTHERS = '*';

interface Source {
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
function tlsOf({ configs, file }: Source, registry: string): TlsFiles | null {
  const names = registry === DOCKER_HUB ? [HUB_HOST, DOCKER_HUB] : [registry];
  const name = names.find((candidate) => Object.hasOwn(configs, candidate));
  return name === undefined ? null : parseTls(objectOf(configs, name, file), file);
}

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

/** Whole paths stand as they are; without one, the API is where the specification has it (`normalizeEndpointAddress`). */
function parseEndpoint(
  address: unknown,
  rewrites: readonly Rewrite[],
  source: Source,
): EndpointSettings<TlsFiles> & { readonly base: URL } {
  if (typeof address !== 'string')
    throw invalidHosts(subjectOf(source.file), '"endpoint" takes a list of addresses');
  const [path] = /(?<![/:])\/.*$/s.exec(address) ?? ['/'];
  const base = parseServer(address, {
    isWhole: path !== '/' && !/^\/v2\/?$/.test(path),
    subject: subjectOf(source.file),
  });
  return { ...PLAIN_ENDPOINT, base, rewrites, tls: tlsOf(source, registryOfHost(base.host)) };
}

function parseMirror(
  registry: string,
  mirror: JsonObject,
  source: Source,
): readonly EndpointSettings<TlsFiles>[] {
  const { file } = source;
  const addresses = property(mirror, 'endpoint') ?? [];
  if (!Array.isArray(addresses)) throw invalidHosts(subjectOf(file), '"endpoint" takes a list of addresses');
  const rewrites = Object.keys(objectOf(mirror, 'rewrite', file)).map((pattern) =>
    parseRewrite(pattern, textOf(objectOf(mirror, 'rewrite', file), pattern, file)),
  );
  const endpoints = addresses.map((address) => parseEndpoint(address, rewrites, source));
  // The registry itself comes last anyway, and under its own names.
  return endpoints.filter(({ base }) => base.href !== `https://${hostOfRegistry(registry)}/v2`);
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
  const read = every([...unmirrored, ...Object.keys(mirrors)], (name) => {
    const registry = registryOfHost(name);
    const own = { ...PLAIN_ENDPOINT, tls: name === OTHERS ? tlsOf(source, OTHERS) : tlsOf(source, registry) };
    const list = [...parseMirror(registry, objectOf(mirrors, name, file), source), own];
    const logins = name === OTHERS ? [] : parseAuth(name, objectOf(configs, name, file), file);
    return { entry: [registry, list] as const, logins };
  });
  const byRegistry = new Map(read.map(({ entry }) => entry));
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
