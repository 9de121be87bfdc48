import { AppError } from '../errors.ts';
import { isObject, property, type JsonObject } from '../json.ts';
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

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

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

/** `auth` is base64 of `username:password`; the password may hold colons, and old clients padded it with NUL. */
function decodeAuth(auth: string): { readonly username: string; readonly password: string } | null {
  const trimmed = auth.trim();
  if (!BASE64.test(trimmed)) return null;
  const text = Buffer.from(trimmed, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return null;
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') };
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

/**
 * The credentials of a docker config, in its order. Entries without any secret, which docker leaves behind where a
 * helper keeps it, are left out.
 * @param options.source where the config comes from, for people: `secret team-a/regcred`
 * @throws AppError `invalid-docker-config` naming the source and the entry, never what is in it
 */
export function parseDockerConfig(
  text: string,
  options: { readonly format: DockerConfigFormat; readonly source: string },
): readonly Credential[] {
  const { format, source } = options;
  const document = parseDockerConfigJson(text, source);
  const entries = format === 'dockercfg' ? document : (property(document, 'auths') ?? {});
  if (!isObject(entries)) throw invalidDockerConfig(source, '"auths" is not an object');
  return Object.entries(entries).flatMap(([server, entry]) => {
    if (!isObject(entry)) throw invalidDockerConfig(source, `entry "${server}" is not an object`);
    const secret = readSecret(entry, [source, server]);
    return secret === null ? [] : [{ server, secret, source }];
  });
}
