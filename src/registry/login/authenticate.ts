import { type Credential, KEYRING_LIMITS } from '../../credentials/credential.ts';
import { errorFromResponse } from '../error-from-response.ts';
import { RegistryError } from '../errors.ts';
import type { HttpRequest, HttpResponse, Send } from '../http-types.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import type { Grant } from './grant.ts';
import type { Login, LoginCache } from './login-cache.ts';

const CHALLENGE_LIMITS = {
  /** Characters of the unsupported schemes in an error. */
  shownCharacters: 60,
} as const;

export interface AuthenticateDeps {
  readonly send: Send;
  readonly grant: Grant;
  readonly loginCache: LoginCache;
  readonly now: () => number;
}

/** Sends a request with the first credential that the registry accepts; `credentials` match the image, in order. */
export type AuthenticatedSend = (
  request: HttpRequest,
  credentials: readonly Credential[],
) => Promise<HttpResponse>;

/**
 * Statuses for which another login may succeed: besides 401 and 403, the 404 by which registries hide private
 * repositories, and ECR's 400 for an expired token.
 */
const REJECTIONS: ReadonlySet<number> = new Set([400, 401, 403, 404]);

function isRejection(response: HttpResponse): boolean {
  return REJECTIONS.has(response.status);
}

function withLogin(request: HttpRequest, authorization: string): HttpRequest {
  return { ...request, headers: { ...request.headers, authorization } };
}

/** Prefers bearer to basic, as docker does. Ignores challenges of redirect targets. */
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
      state: `${response.url.host} requires a login by ${schemes.slice(0, CHALLENGE_LIMITS.shownCharacters)}`,
      status: response.status,
    });
  }
  return chosen ?? null;
}

/** Returns a login, or the token server's rejection; null if the candidate cannot answer the challenge. */
async function grantOrRejection(asking: Promise<Login | null>): Promise<Login | RegistryError | null> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'unauthorized') return error;
    throw error;
  }
}

/** A credential to try; null is anonymous access. */
type Candidate = Credential | null;

/** The rejections of one request so far. */
interface LoginAttempts {
  readonly request: HttpRequest;
  readonly rejected: Set<Candidate>;
  /** The rejection to report: one of a login that was accepted but found nothing outranks that of a rejected login. */
  rejection: RegistryError | null;
}

function recordRejection(attempts: LoginAttempts, candidate: Candidate, rejection: RegistryError): void {
  attempts.rejected.add(candidate);
  if (attempts.rejection?.code !== 'not-found') attempts.rejection = rejection;
}

/** A logged-in user sees all public repositories: if a login finds nothing, neither does anonymous access. */
function isPointless(attempts: LoginAttempts, candidate: Candidate): boolean {
  return attempts.rejected.has(candidate) || (candidate === null && attempts.rejection?.code === 'not-found');
}

/** Names the rejected logins if the login is the cause; another login does not help a missing image. */
function describeRejection(
  rejection: RegistryError,
  credentials: readonly Credential[],
  request: HttpRequest,
): RegistryError {
  if (credentials.length === 0 || rejection.code !== 'unauthorized') return rejection;
  const sources = [...new Set(credentials.map(({ source, publicSource }) => publicSource ?? source))].join(
    ', ',
  );
  return new RegistryError('unauthorized', request.subject, {
    state: rejection.state,
    ...(rejection.status === null ? {} : { status: rejection.status }),
    advice: `The registry rejected the login (${sources}): check that it is current and may pull ${request.subject.repository}.`,
  });
}

export function createAuthenticatedSend(deps: AuthenticateDeps): AuthenticatedSend {
  const { send, grant, loginCache } = deps;

  /** Returns the response, or the rejection as an error. */
  const attempt = async (
    attempts: LoginAttempts,
    candidate: Candidate,
    authorization: string,
  ): Promise<HttpResponse | RegistryError> => {
    const response = await send(withLogin(attempts.request, authorization));
    if (!isRejection(response)) return response;
    const rejection = await errorFromResponse(response, attempts.request, deps.now());
    recordRejection(attempts, candidate, rejection);
    return rejection;
  };

  /** Sends with a login that worked before; returns null if no cached login works. */
  const sendKnown = async (
    attempts: LoginAttempts,
    candidates: readonly Candidate[],
  ): Promise<HttpResponse | null> => {
    const { subject } = attempts.request;
    for (const candidate of candidates) {
      const authorization = loginCache.get(subject, candidate);
      if (authorization === null || isPointless(attempts, candidate)) continue;
      const answer = await attempt(attempts, candidate, authorization);
      if (!(answer instanceof RegistryError)) return answer;
      if (answer.code === 'not-found') continue;
      // It may have expired: the same credential may get a new login.
      loginCache.delete(subject, candidate);
      attempts.rejected.delete(candidate);
    }
    return null;
  };

  const sendFresh = async (
    attempts: LoginAttempts,
    candidates: readonly Candidate[],
    challenge: Challenge,
  ): Promise<HttpResponse | null> => {
    const { request } = attempts;
    for (const candidate of candidates) {
      if (isPointless(attempts, candidate)) continue;
      const login = await grantOrRejection(grant(candidate, challenge, request));
      if (login instanceof RegistryError) recordRejection(attempts, candidate, login);
      if (login === null || login instanceof RegistryError) continue;
      const answer = await attempt(attempts, candidate, login.authorization);
      if (answer instanceof RegistryError) continue;
      loginCache.set(request.subject, candidate, login);
      return answer;
    }
    return null;
  };

  return async (request, credentials) => {
    const candidates = [...credentials, null];
    const attempts: LoginAttempts = { request, rejected: new Set(), rejection: null };
    const known = await sendKnown(attempts, candidates);
    if (known !== null) return known;
    const open = candidates.filter((candidate) => !isPointless(attempts, candidate));
    if (open.length === 0 && attempts.rejection !== null)
      throw describeRejection(attempts.rejection, credentials, request);
    const first = await send(request);
    if (first.status !== 401) return first;
    const challenged = await errorFromResponse(first, request, deps.now());
    const challenge = chooseChallenge(first, request);
    const response = challenge === null ? null : await sendFresh(attempts, open, challenge);
    if (response !== null) return response;
    throw describeRejection(attempts.rejection ?? challenged, credentials, request);
  };
}

const MAY_NEED_LOGIN: ReadonlySet<string> = new Set(['unauthorized', 'not-found']);

/** Turns the failure into `unauthorized`, naming the bound, if an untried credential could have helped. */
export function explainTriedBound(error: unknown, request: HttpRequest): unknown {
  if (!(error instanceof RegistryError) || !MAY_NEED_LOGIN.has(error.code)) return error;
  const { registry, repository } = request.subject;
  return new RegistryError('unauthorized', request.subject, {
    state: `there are more than ${KEYRING_LIMITS.triedForImage} logins for ${registry}, and only the first ${KEYRING_LIMITS.triedForImage} were tried; ${error.state}`,
    ...(error.status === null ? {} : { status: error.status }),
    advice: `Keep fewer logins for ${registry} in the Pod's pull secrets, or give the right one the key "${registry}/${repository}": it is tried first.`,
  });
}
