import { matchCredentials, splitKeyrings } from '../credentials/match-credentials.ts';
import { formatReference, isRepository, type Reference } from '../image/reference.ts';
import type { FetchOptions } from '../images/ports.ts';
import type { Call, CircuitBreaker } from './circuit-breaker.ts';
import { type Endpoint, endpointsOf, type HostOptions } from './endpoints.ts';
import { afterMirrors, RegistryError, type ImageSubject } from './errors.ts';
import { rewriteRepository } from './hosts/rewrite-repository.ts';
import type { HttpRequest, HttpResponse } from './http-types.ts';
import type { RegistryLimits } from './limits.ts';
import { type AuthenticatedSend, explainTriedBound } from './login/authenticate.ts';
import { retry, type RetryDeps } from './retry.ts';

export interface ExchangeDeps {
  readonly authenticated: AuthenticatedSend;
  readonly retry: RetryDeps;
  readonly breaker: CircuitBreaker;
}

export interface ExchangeOptions extends HostOptions {
  readonly limits: RegistryLimits;
}

/** A request about one image, on behalf of one namespace. */
export interface ImageQuery {
  readonly reference: Reference;
  readonly method: 'GET' | 'HEAD';
  /** Below the repository: `manifests/latest`. */
  readonly path: string;
  /** The response resolves a tag, which not every mirror may do. */
  readonly isByTag: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly options: FetchOptions;
}

/** Sends a request and reads the response; transient errors are retried, those thrown by `read` included. */
export type Exchange = <Result>(query: ImageQuery, read: Read<Result>) => Promise<Result>;

type Read<Result> = (response: HttpResponse, request: HttpRequest) => Promise<Result>;

export function imageSubject(reference: Reference): ImageSubject {
  const { registry, repository } = reference;
  return { registry, repository, reference: formatReference(reference) };
}

function isCapableOf(isByTag: boolean): (endpoint: Endpoint) => boolean {
  return ({ pulls, resolves }) => pulls && (resolves || !isByTag);
}

/** Returns the endpoints that may serve the manifest of a reference; none if its host is invalid. */
export function endpointsFor(reference: Reference, settings: HostOptions): readonly Endpoint[] {
  const isByTag = reference.digest === null;
  try {
    return endpointsOf(imageSubject(reference), settings).filter(isCapableOf(isByTag));
  } catch (error) {
    if (error instanceof RegistryError) return [];
    throw error;
  }
}

/** Separates the last endpoint, which has no fallback. */
function capableEndpoints(
  query: ImageQuery,
  endpoints: readonly Endpoint[],
): { readonly mirrors: readonly Endpoint[]; readonly last: Endpoint } {
  const capable = endpoints.filter(isCapableOf(query.isByTag));
  const last = capable.at(-1);
  if (last !== undefined) return { mirrors: capable.slice(0, -1), last };
  throw new RegistryError('denied-by-config', imageSubject(query.reference), {
    state: 'no host that is configured for its registry may resolve tags',
    advice: 'Give one of them the capability "resolve", or name the image by its digest.',
  });
}

/** The request has the endpoint's name and rewritten repository; `ns` gives a mirror the name of the registry. */
function requestFor(endpoint: Endpoint, query: ImageQuery, signal: AbortSignal): HttpRequest {
  const { reference, method, path, headers, options } = query;
  const repository = rewriteRepository(reference.repository, endpoint.rewrites);
  const subject = { ...imageSubject(reference), registry: endpoint.registry, repository };
  if (!isRepository(repository)) {
    throw new RegistryError('invalid', subject, {
      state: `the rewrites for ${endpoint.registry} turn ${reference.repository} into an invalid repository`,
    });
  }
  const url = new URL(endpoint.base);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${repository}/${path}`;
  if (endpoint.registry !== reference.registry) url.searchParams.set('ns', reference.registry);
  const tls = endpoint.tls === null ? null : { host: url.host, material: endpoint.tls };
  const { tenant } = options;
  const all = { ...endpoint.headers, ...headers };
  return { method, url, headers: all, endpointHeaders: endpoint.headers, subject, tls, tenant, signal };
}

interface Attempt<Result> {
  readonly isLast: boolean;
  readonly signal: AbortSignal;
  readonly read: Read<Result>;
}

/** Sends a request to one endpoint. Retries include reading the body, during which a connection may break. */
function createEndpointExchange(
  { breaker, authenticated, retry: deps }: ExchangeDeps,
  limits: RegistryLimits,
) {
  return async <Result>(
    query: ImageQuery,
    endpoint: Endpoint,
    { signal, isLast, read }: Attempt<Result>,
  ): Promise<Result> => {
    const { options } = query;
    const request = requestFor(endpoint, query, signal);
    const { subject, tenant } = request;
    const keyrings = [...splitKeyrings(options.credentials), endpoint.credentials];
    const { credentials, hasMore } = matchCredentials(subject, keyrings);
    const call: Call = { endpoint, subject, tenant, credentials };
    breaker.check(call);
    const isTooLate = signal.aborted;
    try {
      const result = await retry(async () => read(await authenticated(request, credentials), request), deps, {
        ...options,
        signal,
        limits: isLast ? limits : { ...limits, attempts: 1 },
      });
      breaker.succeeded(call);
      return result;
    } catch (error) {
      const isLate = error instanceof RegistryError && error.code === 'timeout' && options.signal.aborted;
      if (!isLate) breaker.failed(call, error);
      else if (!error.isElsewhere && !isTooLate) breaker.abandoned(call);
      throw hasMore ? explainTriedBound(error, request) : error;
    }
  };
}

/** Skips a mirror after any failure, as containerd does; the last endpoint's result is final. */
export function createExchange(deps: ExchangeDeps, settings: ExchangeOptions): Exchange {
  const { limits } = settings;
  const exchangeWith = createEndpointExchange(deps, limits);
  return async (query, read) => {
    const { options, reference } = query;
    const { mirrors, last } = capableEndpoints(query, endpointsOf(imageSubject(reference), settings));
    const failures: RegistryError[] = [];
    for (const mirror of mirrors) {
      // A mirror that hangs must leave time for the others.
      const signal = AbortSignal.any([options.signal, AbortSignal.timeout(limits.mirrorMs)]);
      try {
        return await exchangeWith(query, mirror, { isLast: false, signal, read });
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
        failures.push(error);
      }
    }
    try {
      return await exchangeWith(query, last, { isLast: true, signal: options.signal, read });
    } catch (error) {
      throw error instanceof RegistryError ? afterMirrors(error, failures) : error;
    }
  };
}
