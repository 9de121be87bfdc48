import type { Credential } from '../../credentials/credential.ts';
import { errorFromResponse } from '../error-from-response.ts';
import { RegistryError } from '../errors.ts';
import type { HttpRequest, HttpResponse, Send } from '../http-types.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import type { Grant } from './grant.ts';
import {
  describeRefusal,
  isInVain,
  noteRefusal,
  type Candidate,
  type LoginAttempts,
} from './login-attempts.ts';
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
