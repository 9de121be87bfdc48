import { DOCKER_HUB } from '../image/reference.ts';
import { isObject, property } from '../lib/json.ts';
import { invalidDockerConfig, parseDockerConfigJson } from './parse-docker-config.ts';

/** The credential helpers of a Docker config, without the prefix `docker-credential-`. */
export interface CredentialHelpers {
  /** Keyed by registry, as `docker login` writes it. An empty helper excludes that registry from the store. */
  readonly byRegistry: ReadonlyMap<string, string>;
  /** For all other registries; null if the file itself holds their logins. */
  readonly store: string | null;
}

/** Docker's name of Docker Hub in requests to helpers and in configs (docker/cli, `IndexServer`). */
const HUB_SERVER = 'https://index.docker.io/v1/';
const HUB_KEYS: readonly string[] = [HUB_SERVER, 'index.docker.io', DOCKER_HUB];

/** Part of a program's name, never a path. */
const HELPER_NAME = /^[A-Za-z0-9][\w.-]*$/;

/**
 * Parses `credHelpers` and `credsStore` of a Docker config.
 * @throws AppError `invalid-docker-config`
 */
export function parseCredentialHelpers(text: string, source: string): CredentialHelpers {
  const document = parseDockerConfigJson(text, source);
  const name = (value: unknown, key: string): string => {
    if (typeof value === 'string' && (value === '' || HELPER_NAME.test(value))) return value;
    throw invalidDockerConfig(source, `"${key}" does not name a credential helper`);
  };
  const helpers = property(document, 'credHelpers') ?? {};
  if (!isObject(helpers)) throw invalidDockerConfig(source, '"credHelpers" is not an object');
  const store = name(property(document, 'credsStore') ?? '', 'credsStore');
  return {
    byRegistry: new Map(
      Object.entries(helpers).map(([key, value]) => [key, name(value, `credHelpers["${key}"]`)]),
    ),
    store: store === '' ? null : store,
  };
}

/** Returns a registry's helper and its name there; null if it has none (docker/cli, `GetCredentialsStore`). */
export function chooseHelper(
  helpers: CredentialHelpers,
  registry: string,
): { readonly helper: string; readonly server: string } | null {
  const keys = registry === DOCKER_HUB ? HUB_KEYS : [registry];
  const key = keys.find((candidate) => helpers.byRegistry.has(candidate));
  const helper = (key === undefined ? helpers.store : helpers.byRegistry.get(key)) ?? '';
  return helper === '' ? null : { helper, server: registry === DOCKER_HUB ? HUB_SERVER : registry };
}
