import { type Credential, KEYRING_LIMITS } from '../../credentials/credential.ts';
import { errorFromResponse } from '../error-from-response.ts';
import { RegistryError } from '../errors.ts';
import type { HttpRequest, HttpResponse, Send } from '../http-types.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import type { Grant } from './grant.ts';
import type { Login, Logins } from './logins.ts';

const DEFAULTS = {
  /** Of a challenge that nobody can answer: the scheme stands at its beginning. */
  shownCharacters: 60,
} as const;

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

/**
 * Answers to a login that another login may better: besides 401 and 403, the 404 with which registries hide repositories
 * from those who may not pull, and the 400 that ECR gives to a token past its time.
 */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 404]);

function isRefusal(response: HttpResponse): boolean {
  return REFUSALS.has(response.status);
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
      state: `${response.url.host} wants a login by ${schemes.slice(0, DEFAULTS.shownCharacters)}`,
      status: response.status,
    });
  }
  return chosen ?? null;
}

/** A login, or as what the token server refuses it; null where the candidate has no answer to the challenge. */
async function grantOrRefusal(asking: Promise<Login | null>): Promise<Login | RegistryError | null> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'unauthorized') return error;
    throw error;
  }
}

export function createAuthenticatedSend(deps: AuthenticateDeps): AuthenticatedSend {
  const { send, grant, logins } = deps;

  /** The answer, or as what it is refused. */
  const attempt = async (
    trial: LoginAttempts,
    candidate: Candidate,
    authorization: string,
  ): Promise<HttpResponse | RegistryError> => {
    const response = await send(withLogin(trial.request, authorization));
    if (!isRefusal(response)) return response;
    const refusal = await errorFromResponse(response, trial.request, deps.now());
    noteRefusal(trial, candidate, refusal);
    return refusal;
  };

  /** With a login that worked before; null where there is none, or it works no more. */
  const sendKnown = async (
    trial: LoginAttempts,
    candidates: readonly Candidate[],
  ): Promise<HttpResponse | null> => {
    const { subject } = trial.request;
    for (const candidate of candidates) {
      const authorization = logins.get(subject, candidate);
      if (authorization === null || isInVain(trial, candidate)) continue;
      const answer = await attempt(trial, candidate, authorization);
      if (!(answer instanceof RegistryError)) return answer;
      if (answer.code === 'not-found') continue;
      // It may only have grown old: the same credential gets a new one.
      logins.forget(subject, candidate);
      trial.refused.delete(candidate);
    }
    return null;
  };

  const sendFresh = async (
    trial: LoginAttempts,
    candidates: readonly Candidate[],
    challenge: Challenge,
  ): Promise<HttpResponse | null> => {
    const { request } = trial;
    for (const candidate of candidates) {
      if (isInVain(trial, candidate)) continue;
      const login = await grantOrRefusal(grant(candidate, challenge, request));
      if (login instanceof RegistryError) noteRefusal(trial, candidate, login);
      if (login === null || login instanceof RegistryError) continue;
      const answer = await attempt(trial, candidate, login.authorization);
      if (answer instanceof RegistryError) continue;
      logins.remember(request.subject, candidate, login);
      return answer;
    }
    return null;
  };

  return async (request, credentials) => {
    const candidates = [...credentials, null];
    const trial: LoginAttempts = { request, refused: new Set(), refusal: null };
    const known = await sendKnown(trial, candidates);
    if (known !== null) return known;
    const open = candidates.filter((candidate) => !isInVain(trial, candidate));
    if (open.length === 0 && trial.refusal !== null)
      throw describeRefusal(trial.refusal, credentials, request);
    const first = await send(request);
    if (first.status !== 401) return first;
    const turnedAway = await errorFromResponse(first, request, deps.now());
    const challenge = chooseChallenge(first, request);
    const response = challenge === null ? null : await sendFresh(trial, open, challenge);
    if (response !== null) return response;
    throw describeRefusal(trial.refusal ?? turnedAway, credentials, request);
  };
}

/** Null is anonymous access. */
export type Candidate = Credential | null;

/** The refusals of one request's candidates, and which of them had their say. */
export interface LoginAttempts {
  readonly request: HttpRequest;
  readonly refused: Set<Candidate>;
  /** What to say in the end: a login that was let in and found nothing knows more than one that was turned away. */
  refusal: RegistryError | null;
}

function noteRefusal(trial: LoginAttempts, candidate: Candidate, refusal: RegistryError): void {
  trial.refused.add(candidate);
  if (trial.refusal?.code !== 'not-found') trial.refusal = refusal;
}

/** Whoever is logged in sees what strangers see: where a login finds nothing, anonymous access need not be tried. */
function isInVain(trial: LoginAttempts, candidate: Candidate): boolean {
  return trial.refused.has(candidate) || (candidate === null && trial.refusal?.code === 'not-found');
}

/** Says whose login failed, where it was the login: an image that is not there is not mended by another one. */
function describeRefusal(
  refusal: RegistryError,
  credentials: readonly Credential[],
  request: HttpRequest,
): RegistryError {
  if (credentials.length === 0 || refusal.code !== 'unauthorized') return refusal;
  const sources = [...new Set(credentials.map(({ source, publicSource }) => publicSource ?? source))].join(
    ', ',
  );
  return new RegistryError('unauthorized', request.subject, {
    state: refusal.state,
    ...(refusal.status === null ? {} : { status: refusal.status }),
    advice: `The login was refused (${sources}): check that it is current and may pull ${request.subject.repository}.`,
  });
}

const MAY_WANT_A_LOGIN: ReadonlySet<string> = new Set(['unauthorized', 'not-found']);

/** Returns the failure as `unauthorized` naming the bound, if one of the credentials that were not tried could cure it. */
export function nameBound(error: unknown, request: HttpRequest): unknown {
  if (!(error instanceof RegistryError) || !MAY_WANT_A_LOGIN.has(error.code)) return error;
  const { registry, repository } = request.subject;
  return new RegistryError('unauthorized', request.subject, {
    state: `there are more than ${KEYRING_LIMITS.triedForImage} logins for ${registry}, and only the first ${KEYRING_LIMITS.triedForImage} were tried; ${error.state}`,
    ...(error.status === null ? {} : { status: error.status }),
    advice: `Keep fewer logins for ${registry} in the Pod's pull secrets, or give the right one the key "${registry}/${repository}": it is tried first.`,
  });
}
