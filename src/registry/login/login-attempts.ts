import type { Credential } from '../../credentials/credential.ts';
import { KEYRING_LIMITS } from '../../credentials/keyring.ts';
import { RegistryError } from '../errors.ts';
import type { HttpRequest } from '../http-types.ts';

/** Null is anonymous access. */
export type Candidate = Credential | null;

/** The refusals of one request's candidates, and which of them had their say. */
export interface LoginAttempts {
  readonly request: HttpRequest;
  readonly refused: Set<Candidate>;
  /** What to say in the end: a login that was let in and found nothing knows more than one that was turned away. */
  refusal: RegistryError | null;
}

export function noteRefusal(trial: LoginAttempts, candidate: Candidate, refusal: RegistryError): void {
  trial.refused.add(candidate);
  if (trial.refusal?.code !== 'not-found') trial.refusal = refusal;
}

/** Whoever is logged in sees what strangers see: where a login finds nothing, anonymous access need not be tried. */
export function isInVain(trial: LoginAttempts, candidate: Candidate): boolean {
  return trial.refused.has(candidate) || (candidate === null && trial.refusal?.code === 'not-found');
}

/** Says whose login failed, where it was the login: an image that is not there is not mended by another one. */
export function describeRefusal(
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
