import { LineCounter, parse, YAMLError } from 'yaml';
import { OPERATORS_CREDENTIALS, type Credential } from '../../credentials/credential.ts';
import { parseDockerConfig } from '../../credentials/parse-docker-config.ts';
import { collectErrors } from '../../lib/collect-errors.ts';
import { isObject, type JsonObject } from '../../lib/json.ts';
import type { HostsTable, TlsFiles } from '../endpoint.ts';
import { registryOfHost } from '../hub.ts';
import { invalidHosts } from './invalid-hosts.ts';
import { objectOf, parseMirror, subjectOf, textOf, type Source } from './parse-mirror.ts';

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
