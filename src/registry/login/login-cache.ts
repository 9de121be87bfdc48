import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Credential } from '../../credentials/credential.ts';
import { oncePer } from '../../lib/once-per.ts';
import type { ImageSubject } from '../errors.ts';
import type { RegistryLimits } from '../limits.ts';

/** An Authorization header for one repository, and its lifetime. */
export interface Login {
  readonly authorization: string;
  readonly milliseconds: number;
}

/**
 * Caches logins that worked, by registry, repository and credential: no tenant uses another's credential, and a changed
 * secret is a new credential.
 */
export interface LoginCache {
  readonly get: (subject: ImageSubject, credential: Credential | null) => string | null;
  readonly set: (subject: ImageSubject, credential: Credential | null, login: Login) => void;
  readonly delete: (subject: ImageSubject, credential: Credential | null) => void;
}

/** Hashes each credential once: a secret may be long, and every request needs its identity. */
const hashCredential = oncePer(({ source, server, secret }: Credential) => hashKey([source, server, secret]));

/** Identifies a credential by a hash, so that a key that is logged by mistake reveals no secret. */
export function identityOf(credential: Credential | null): string {
  return credential === null ? 'anonymous' : hashCredential(credential);
}

/** Returns a key of fixed length, however long mirrors and rewrites make the repository's name. */
export function loginKey(subject: ImageSubject, credential: Credential | null): string {
  return hashKey([subject.registry, subject.repository, identityOf(credential)]);
}

export function createLoginCache(
  deps: { readonly now: () => number },
  limits: Pick<RegistryLimits, 'logins' | 'loginsBytes'>,
): LoginCache {
  const cache = new LRUCache<string, { readonly authorization: string; readonly until: number }>({
    max: limits.logins,
    maxSize: limits.loginsBytes,
    sizeCalculation: ({ authorization }, key) => authorization.length + key.length,
  });
  return {
    get: (subject, credential) => {
      const known = cache.get(loginKey(subject, credential));
      return known !== undefined && known.until > deps.now() ? known.authorization : null;
    },
    set: (subject, credential, { authorization, milliseconds }) => {
      cache.set(loginKey(subject, credential), { authorization, until: deps.now() + milliseconds });
    },
    delete: (subject, credential) => {
      cache.delete(loginKey(subject, credential));
    },
  };
}

/** Returns a key of fixed length for JSON parts, however long tenants' names and secrets are, and reveals none of them. */
export function hashKey(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
