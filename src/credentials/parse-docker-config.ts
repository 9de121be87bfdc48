import { AppError } from '../lib/errors.ts';
import { isObject, property, type JsonObject } from '../lib/json.ts';
import type { Credential, CredentialSecret } from './credential.ts';

/** Entries under `auths` (docker ≥ 1.7), or at the top level (the legacy `.dockercfg`). */
export type DockerConfigFormat = 'dockerconfigjson' | 'dockercfg';

export type DockerConfigErrorCode = 'invalid-docker-config';

/** The Secret types that hold pull credentials, with the key of their data. */
export const PULL_SECRET_TYPES: Readonly<
  Record<string, { readonly key: string; readonly format: DockerConfigFormat }>
> = {
  'kubernetes.io/dockerconfigjson': { key: '.dockerconfigjson', format: 'dockerconfigjson' },
  'kubernetes.io/dockercfg': { key: '.dockercfg', format: 'dockercfg' },
};

/** With or without padding. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const GROUP = 4;

export function invalidDockerConfig(source: string, state: string): AppError<DockerConfigErrorCode> {
  return new AppError('invalid-docker-config', `Cannot read Docker config "${source}": ${state}`, {
    blame: 'input',
    advice: 'Create it again with "kubectl create secret docker-registry" or "docker login".',
  });
}

/** The error of JSON.parse quotes text, which may be a password, so it is not the cause. */
export function parseDockerConfigJson(text: string, source: string): JsonObject {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw invalidDockerConfig(source, 'it is not JSON');
  }
  if (!isObject(document)) throw invalidDockerConfig(source, 'it is not a JSON object');
  return document;
}

/** Decodes as Go's encoding/base64, which ignores line breaks anywhere (`base64` wraps at 76), but not spaces. */
function decodeBase64(text: string): string | null {
  const unwrapped = text.replace(/[\r\n]+/g, '');
  const isWhole = unwrapped.endsWith('=') ? unwrapped.length % GROUP === 0 : unwrapped.length % GROUP !== 1;
  return isWhole && BASE64.test(unwrapped) ? Buffer.from(unwrapped, 'base64').toString('utf8') : null;
}

/** A regular expression would try every run of NULs, in quadratic time. */
function trimNuls(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '\0') end -= 1;
  return text.slice(0, end);
}

/** Decodes base64 of `username:password`. The password may contain colons, and old clients padded it with NULs. */
function decodeAuth(auth: string): { readonly username: string; readonly password: string } | null {
  const text = decodeBase64(auth);
  const colon = text?.indexOf(':') ?? -1;
  if (text === null || colon < 0) return null;
  return { username: text.slice(0, colon), password: trimNuls(text.slice(colon + 1)) };
}

/** Prefers tokens: docker writes `identitytoken` next to an `auth` with a user but no password. */
function readSecret(
  entry: JsonObject,
  where: readonly [source: string, server: string],
): CredentialSecret | null {
  const [source, server] = where;
  const field = (name: string): string => {
    const value = property(entry, name) ?? '';
    if (typeof value !== 'string')
      throw invalidDockerConfig(source, `"${name}" of entry "${server}" is not a string`);
    return value;
  };
  const identityToken = field('identitytoken');
  if (identityToken !== '') return { kind: 'identity-token', token: identityToken };
  const registryToken = field('registrytoken');
  if (registryToken !== '') return { kind: 'registry-token', token: registryToken };
  const auth = field('auth');
  const pair = auth === '' ? { username: field('username'), password: field('password') } : decodeAuth(auth);
  if (pair === null)
    throw invalidDockerConfig(source, `"auth" of entry "${server}" is not base64 of username:password`);
  return pair.username === '' && pair.password === '' ? null : { kind: 'basic', ...pair };
}

interface DockerConfigOptions {
  readonly format: DockerConfigFormat;
  /** The origin of the config, for people: `secret team-a/regcred`. */
  readonly source: string;
  /** Further entries are ignored. */
  readonly maxEntries?: number;
}

/**
 * Returns the credentials of a Docker config, in its order, and its number of entries. Skips entries without a secret, which
 * docker writes if a helper keeps the secret.
 * @throws AppError `invalid-docker-config`, which names the source and the entry, never its content
 */
export function parseDockerConfigEntries(
  text: string,
  { format, source, maxEntries = Infinity }: DockerConfigOptions,
): { readonly credentials: readonly Credential[]; readonly entryCount: number } {
  const document = parseDockerConfigJson(text, source);
  const auths = format === 'dockercfg' ? document : (property(document, 'auths') ?? {});
  if (!isObject(auths)) throw invalidDockerConfig(source, '"auths" is not an object');
  const entries = Object.entries(auths);
  const credentials = entries.slice(0, maxEntries).flatMap(([server, entry]) => {
    if (!isObject(entry)) throw invalidDockerConfig(source, `entry "${server}" is not an object`);
    const secret = readSecret(entry, [source, server]);
    return secret === null ? [] : [{ server, secret, source }];
  });
  return { credentials, entryCount: entries.length };
}

/** Parses all entries, for the operator's own configs. */
export function parseDockerConfig(
  text: string,
  options: Omit<DockerConfigOptions, 'maxEntries'>,
): readonly Credential[] {
  return parseDockerConfigEntries(text, options).credentials;
}
