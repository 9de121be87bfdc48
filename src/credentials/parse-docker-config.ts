import { AppError } from '../lib/errors.ts';
import { isObject, property, type JsonObject } from '../lib/json.ts';
import type { Credential, CredentialSecret } from './credential.ts';

/** The two shapes: entries under `auths` (docker ≥ 1.7), or at the top (the legacy `.dockercfg`). */
export type DockerConfigFormat = 'dockerconfigjson' | 'dockercfg';

export type DockerConfigErrorCode = 'invalid-docker-config';

/** Secret types that hold pull credentials, with the key of their data; no other type does. */
export const PULL_SECRET_TYPES: Readonly<
  Record<string, { readonly key: string; readonly format: DockerConfigFormat }>
> = {
  'kubernetes.io/dockerconfigjson': { key: '.dockerconfigjson', format: 'dockerconfigjson' },
  'kubernetes.io/dockercfg': { key: '.dockercfg', format: 'dockercfg' },
};

/** With padding that fills the last group, or without any. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const GROUP = 4;

export function invalidDockerConfig(source: string, state: string): AppError<DockerConfigErrorCode> {
  return new AppError('invalid-docker-config', `Cannot read docker config "${source}": ${state}`, {
    blame: 'input',
    advice: 'Make it anew with "kubectl create secret docker-registry" or "docker login".',
  });
}

/** JSON's own error quotes the text around the fault, which may be a password: it is not kept as the cause. */
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

/** Decodes as Go's encoding/base64 does: line ends are ignored wherever they stand (`base64` wraps at 76), spaces are not. */
function decodeBase64(text: string): string | null {
  const unwrapped = text.replace(/[\r\n]+/g, '');
  const isWhole = unwrapped.endsWith('=') ? unwrapped.length % GROUP === 0 : unwrapped.length % GROUP !== 1;
  return isWhole && BASE64.test(unwrapped) ? Buffer.from(unwrapped, 'base64').toString('utf8') : null;
}

/** Walks backwards: an expression would try every run of NULs, in quadratic time. */
function trimNuls(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '\0') end -= 1;
  return text.slice(0, end);
}

/** `auth` is base64 of `username:password`; the password may hold colons, and old clients padded it with NUL. */
function decodeAuth(auth: string): { readonly username: string; readonly password: string } | null {
  const text = decodeBase64(auth);
  const colon = text?.indexOf(':') ?? -1;
  if (text === null || colon < 0) return null;
  return { username: text.slice(0, colon), password: trimNuls(text.slice(colon + 1)) };
}

/** Tokens before passwords: docker writes `identitytoken` beside an `auth` that has a user but no password. */
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
  /** Where the config comes from, for people: `secret team-a/regcred`. */
  readonly source: string;
  /** Entries after these are not looked at. */
  readonly maxEntries?: number;
}

/**
 * Returns the credentials of a docker config, in its order, and how many entries it has. Entries without any secret, which
 * docker leaves behind if a helper keeps it, are left out.
 * @throws AppError `invalid-docker-config` naming the source and the entry, never what is in it
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

/** As `parseDockerConfigEntries`, for configs of the operator, which have no bound. */
export function parseDockerConfig(
  text: string,
  options: Omit<DockerConfigOptions, 'maxEntries'>,
): readonly Credential[] {
  return parseDockerConfigEntries(text, options).credentials;
}
