import type { Credential } from '../../credentials/credential.ts';
import { rejectOnAbort } from '../../lib/race-abort.ts';
import { createSingleFlight } from '../../lib/single-flight.ts';
import { isLoopbackHost } from '../endpoints.ts';
import { RegistryError, type ImageSubject } from '../errors.ts';
import type { HttpRequest, Send } from '../http-types.ts';
import { networkError } from '../http.ts';
import type { RegistryLimits } from '../limits.ts';
import type { Challenge } from './challenge.ts';
import { loginKey, type Login } from './login-cache.ts';
import { basicAuthorization, fetchToken, type Token } from './token.ts';

/** Turns a credential into a login for a challenge; null if it does not fit the challenge. */
export type Grant = (
  credential: Credential | null,
  challenge: Challenge,
  request: HttpRequest,
) => Promise<Login | null>;

const HEADER_SAFE = /^[\x21-\x7e]+$/;

/**
 * Turns credentials into Authorization headers. Concurrent requests share one token request, which has its own timeout, so
 * that the first caller can abort without failing the others.
 */
export function createGrant(
  deps: { readonly send: Send; readonly now: () => number },
  limits: RegistryLimits,
): Grant {
  const fetchOnce = createSingleFlight<Token>();

  const tokenFor: (...parts: Parameters<Grant>) => Promise<Token> = (credential, challenge, request) => {
    const { subject, tenant, tls, url, endpointHeaders = {} } = request;
    const realmText = challenge.params.get('realm') ?? '';
    const key = `${loginKey(subject, credential)} ${realmText}`;
    return fetchOnce(key, async () => {
      const realm = parseRealm(realmText, url, subject);
      const signal = AbortSignal.timeout(limits.tokenMs);
      const origin = { subject, tenant, tls, endpointHeaders, signal, isElsewhere: true };
      return fetchToken({ realm, challenge, secret: credential?.secret ?? null, origin }, deps, limits);
    });
  };

  const bearer: Grant = async (credential, challenge, request) => {
    const secret = credential?.secret;
    if (secret?.kind === 'registry-token') {
      if (!HEADER_SAFE.test(secret.token)) return null;
      return { authorization: `Bearer ${secret.token}`, milliseconds: limits.loginMs };
    }
    try {
      const token = await rejectOnAbort(tokenFor(credential, challenge, request), request.signal);
      return { authorization: `Bearer ${token.value}`, milliseconds: token.milliseconds };
    } catch (error) {
      const realm = challenge.params.get('realm') ?? '';
      const url = URL.canParse(realm) ? new URL(realm) : request.url;
      throw networkError(error, { ...request, url, isElsewhere: true });
    }
  };

  return async (credential, challenge, request) => {
    if (challenge.scheme === 'bearer') return bearer(credential, challenge, request);
    if (credential?.secret.kind !== 'basic') return null;
    const { username, password } = credential.secret;
    return { authorization: basicAuthorization(username, password), milliseconds: limits.loginMs };
  };
}

function mayUsePlainHttp(realm: URL, registry: URL): boolean {
  if (registry.protocol !== 'http:') return false;
  return (
    realm.host === registry.host || (isLoopbackHost(realm.hostname) && isLoopbackHost(registry.hostname))
  );
}

/**
 * Parses and checks the URL of the token server, which gets the user's login: it must be https, on any host, or have the
 * registry's own host and port if the registry itself uses plain http.
 */
export function parseRealm(text: string, registry: URL, subject: ImageSubject): URL {
  if (!URL.canParse(text)) {
    throw new RegistryError('invalid', subject, {
      state: `${registry.host} names a token server by an invalid URL`,
    });
  }
  const realm = new URL(text);
  const hasLogin = realm.username !== '' || realm.password !== '';
  const trusted =
    realm.protocol === 'https:' || (realm.protocol === 'http:' && mayUsePlainHttp(realm, registry));
  if (hasLogin || !trusted) {
    throw new RegistryError('denied-by-config', subject, {
      state: `${registry.host} names the token server ${realm.protocol}//${realm.host}, to which wasmgate sends no login`,
      advice: 'A token server on another host must use https, and its URL must not contain a login.',
    });
  }
  realm.hash = '';
  return realm;
}
