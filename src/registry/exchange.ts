import type { FetchOptions } from '../assess/ports.ts';
import { matchCredentials } from '../credentials/match-credentials.ts';
import { formatReference, type Reference } from '../image/reference.ts';
import type { AuthenticatedSend } from './authenticate.ts';
import type { Limits } from './defaults.ts';
import type { ImageSubject } from './errors.ts';
import { registryUrl, type HostOptions } from './hosts.ts';
import type { HttpRequest, HttpResponse } from './http-types.ts';
import type { Pauses } from './pauses.ts';
import { retry, type RetryDeps } from './retry.ts';

export interface ExchangeDeps {
  readonly authenticated: AuthenticatedSend;
  readonly retry: RetryDeps;
  readonly pauses: Pauses;
}

export interface ExchangeOptions extends HostOptions {
  readonly limits: Limits;
}

/** One question to a registry: about which image, on whose behalf. */
export interface Question {
  readonly reference: Reference;
  readonly method: 'GET' | 'HEAD';
  /** Below the registry's address. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly options: FetchOptions;
}

/** Asks, and reads the answer; what `read` throws as transient is tried again. */
export type Exchange = <Result>(
  question: Question,
  read: (response: HttpResponse, request: HttpRequest) => Promise<Result>,
) => Promise<Result>;

export function subjectOf(reference: Reference): ImageSubject {
  const { registry, repository } = reference;
  return { registry, repository, reference: formatReference(reference) };
}

/** Reading the body belongs to what is tried again: a connection may break in the middle of it. */
export function createExchange(deps: ExchangeDeps, settings: ExchangeOptions): Exchange {
  return async ({ reference, method, path, headers, options }, read) => {
    const subject = subjectOf(reference);
    const url = new URL(path, registryUrl(subject, settings));
    const request: HttpRequest = { method, url, headers, subject, signal: options.signal };
    const credentials = matchCredentials(reference, options.credentials);
    deps.pauses.check(subject, credentials);
    try {
      return await retry(
        async () => read(await deps.authenticated(request, credentials), request),
        deps.retry,
        {
          signal: request.signal,
          limits: settings.limits,
        },
      );
    } catch (error) {
      deps.pauses.note(error, credentials);
      throw error;
    }
  };
}
