import type { Credential } from '../../credentials/credential.ts';
import { rejectOnAbort } from '../../lib/race-abort.ts';
import { isLoopbackHost } from '../endpoints.ts';
import { RegistryError, type ImageSubject } from '../errors.ts';
import type { HttpRequest, Send } from '../http-types.ts';
import { networkError } from '../http.ts';
import type { RegistryLimits } from '../limits.ts';
import type { Challenge } from './challenge.ts';
import { loginKey, type Login } from './login-cache.ts';
import { basicAuthorization, fetchToken, type Token } from './token.ts';

/** What a credential is worth under a challenge: a login, or null where it is of no use there. */
export type Grant = (
  credential: Credential | null,
  challenge: Challenge,
  request: HttpRequest,
) => Promise<Login | null>;

const HEADER_SAFE = /^[\x21-\x7e]+$/;

/**
 * Turns credentials into Authorization headers. A token is fetched once for all who need it at the same time, on a
 * deadline of its own: the first one to ask may give up without failing the rest.
 */
export function createGrant(
  deps: { readonly send: Send; readonly now: () => number },
  limits: RegistryLimits,
): Grant {
  const flights = new Map<string, Promise<Token>>();

  const tokenFor: (...parts: Parameters<Grant>) => Promise<Token> = (credential, challenge, request) => {
    const { subject, tenant, tls, url, endpointHeaders = {} } = request;
    const realmText = challenge.params.get('realm') ?? '';
    const key = `${loginKey(subject, credential)} ${realmText}`;
    const running = flights.get(key);
    if (running !== undefined) return running;
    const realm = parseRealm(realmText, url, subject);
    const signal = AbortSignal.timeout(limits.tokenMs);
    const origin = { subject, tenant, tls, endpointHeaders, signal, isElsewhere: true };
    const flight = fetchToken({ realm, challenge, secret: credential?.secret ?? null, origin }, deps, limits);
    flights.set(key, flight);
    const land = (): void => {
      flights.delete(key);
    };
    flight.then(land, land);
    return flight;
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
 * The token server that a registry names gets the user's login, so it must be https, on whatever host; or the registry's
 * own host and port, where that is plain http anyway.
 */
export function parseRealm(text: string, registry: URL, subject: ImageSubject): URL {
  if (!URL.canParse(text)) {
    throw new RegistryError('invalid', subject, {
      state: `${registry.host} names a token server that is no URL`,
    });
  }
  const realm = new URL(text);
  const hasLogin = realm.username !== '' || realm.password !== '';
  const trusted =
    realm.protocol === 'https:' || (realm.protocol === 'http:' && mayUsePlainHttp(realm, registry));
  if (hasLogin || !trusted) {
    throw new RegistryError('denied-by-config', subject, {
      state: `${registry.host} names the token server ${realm.protocol}//${realm.host}, which gets no login`,
      advice: 'A token server on another host must be https, and its address must hold no login.',
    });
  }
  realm.hash = '';
  return realm;
}
