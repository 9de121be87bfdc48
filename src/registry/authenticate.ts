import type { Credential } from '../credentials/credential.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import { errorFromResponse } from './error-from-response.ts';
import { RegistryError } from './errors.ts';
import type { Grant } from './grant.ts';
import type { HttpRequest, HttpResponse, Send } from './http-types.ts';
import type { Login, Logins } from './logins.ts';

export interface AuthenticateDeps {
  readonly send: Send;
  readonly grant: Grant;
  readonly logins: Logins;
  readonly now: () => number;
}

/** Sends a request with the first credential that is let in; `credentials` are those that match, in order. */
export type AuthenticatedSend = (
  request: HttpRequest,
  credentials: readonly Credential[],
) => Promise<HttpResponse>;

function isRefusal(response: HttpResponse): boolean {
  return response.status === 401 || response.status === 403;
}

function withLogin(request: HttpRequest, authorization: string): HttpRequest {
  return { ...request, headers: { ...request.headers, authorization } };
}

/** Bearer before basic, as docker does. Only the registry itself is listened to, never the target of its redirect. */
function chooseChallenge(response: HttpResponse, request: HttpRequest): Challenge | null {
  if (response.url.origin !== request.url.origin) return null;
  const header = response.headers['www-authenticate'] ?? '';
  const challenges = parseChallenges(Array.isArray(header) ? header.join(', ') : header);
  const named = (scheme: string): Challenge | undefined =>
    challenges.find((challenge) => challenge.scheme === scheme);
  const chosen = named('bearer') ?? named('basic');
  if (chosen === undefined && challenges.length > 0) {
    const schemes = challenges.map(({ scheme }) => scheme).join(', ');
    throw new RegistryError('unsupported', request.subject, {
      state: `${response.url.host} wants a login by ${schemes.slice(0, 60)}`,
      status: response.status,
    });
  }
  return chosen ?? null;
}

function describeRefusal(
  refusal: RegistryError,
  credentials: readonly Credential[],
  request: HttpRequest,
): RegistryError {
  if (credentials.length === 0) return refusal;
  const sources = [...new Set(credentials.map(({ source }) => source))].join(', ');
  return new RegistryError('unauthorized', request.subject, {
    state: refusal.state,
    ...(refusal.status === null ? {} : { status: refusal.status }),
    advice: `The login was refused (${sources}): check that it is current and may pull ${request.subject.repository}.`,
  });
}

export function createAuthenticatedSend(deps: AuthenticateDeps): AuthenticatedSend {
  const { send, grant, logins } = deps;

  /** With a login that worked before; null where there is none, or it works no more. */
  const sendKnown = async (
    request: HttpRequest,
    candidates: readonly (Credential | null)[],
  ): Promise<HttpResponse | null> => {
    for (const candidate of candidates) {
      const authorization = logins.get(request.subject, candidate);
      if (authorization === null) continue;
      const response = await send(withLogin(request, authorization));
      if (!isRefusal(response)) return response;
      logins.forget(request.subject, candidate);
      await response.discard();
    }
    return null;
  };

  const grantOrRefusal = async (
    candidate: Credential | null,
    challenge: Challenge,
    request: HttpRequest,
  ): Promise<Login | RegistryError | null> => {
    try {
      return await grant(candidate, challenge, request);
    } catch (error) {
      if (error instanceof RegistryError && error.code === 'unauthorized') return error;
      throw error;
    }
  };

  return async (request, credentials) => {
    const candidates = [...credentials, null];
    const known = await sendKnown(request, candidates);
    if (known !== null) return known;
    const first = await send(request);
    if (first.status !== 401) return first;
    let refusal = await errorFromResponse(first, request, deps.now());
    const challenge = chooseChallenge(first, request);
    if (challenge === null) throw refusal;
    for (const candidate of candidates) {
      const login = await grantOrRefusal(candidate, challenge, request);
      if (login === null) continue;
      if (login instanceof RegistryError) {
        refusal = login;
        continue;
      }
      const response = await send(withLogin(request, login.authorization));
      if (!isRefusal(response)) {
        logins.remember(request.subject, candidate, login);
        return response;
      }
      refusal = await errorFromResponse(response, request, deps.now());
    }
    throw describeRefusal(refusal, credentials, request);
  };
}
