import type { UnknownReason } from '../detect/verdict.ts';
import { RegistryError } from './errors.ts';
import { headerOf, type HttpRequest, type HttpResponse, type Send } from './http-types.ts';

export interface RedirectPolicy {
  readonly redirects: number;
  /** Hosts (with port) that https may redirect to over plain http. */
  readonly plainHttp: readonly string[];
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Other headers stay with their host: logins, and headers that the operator configures for a mirror. */
const PUBLIC_HEADERS: ReadonlySet<string> = new Set(['accept', 'range']);

function reject(request: HttpRequest, reason: UnknownReason, state: string): RegistryError {
  return new RegistryError(reason, request.subject, { state: `${request.url.host} ${state}` });
}

function nextUrl(response: HttpResponse, request: HttpRequest, policy: RedirectPolicy): URL {
  const location = headerOf(response, 'location');
  if (location === '' || !URL.canParse(location, request.url.href)) {
    throw reject(request, 'invalid', `answers ${response.status} without a usable Location`);
  }
  const url = new URL(location, request.url);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw reject(request, 'invalid', `redirects to a ${url.protocol} address`);
  }
  if (url.username !== '' || url.password !== '') {
    throw reject(request, 'invalid', 'redirects to an address with a login in it');
  }
  const downgrade = request.url.protocol === 'https:' && url.protocol === 'http:';
  // A URL drops a default port, which the operator may have written.
  const names = url.port === '' ? [url.host, `${url.host}:80`] : [url.host];
  if (downgrade && !names.some((name) => policy.plainHttp.includes(name))) {
    throw reject(request, 'denied-by-config', `redirects from https to plain http at ${url.host}`);
  }
  return url;
}

/** A different port is a different host. Headers stay stripped, even if a later hop returns. */
function headersFor(request: HttpRequest, url: URL): HttpRequest['headers'] {
  if (url.origin === request.url.origin) return request.headers;
  return Object.fromEntries(Object.entries(request.headers).filter(([name]) => PUBLIC_HEADERS.has(name)));
}

/** Follows redirects of GET and HEAD, but not of POST, whose body holds a secret. */
export function followRedirects(send: Send, policy: RedirectPolicy): Send {
  return async (first) => {
    let request = first;
    for (let hop = 0; hop <= policy.redirects; hop++) {
      const response = await send(request);
      if (!REDIRECTS.has(response.status) || request.method === 'POST') return response;
      await response.discard();
      const url = nextUrl(response, request, policy);
      const isElsewhere = request.isElsewhere === true || url.origin !== request.url.origin;
      request = { ...request, url, isElsewhere, headers: headersFor(request, url) };
    }
    throw reject(first, 'invalid', `redirects more than ${policy.redirects} times`);
  };
}
