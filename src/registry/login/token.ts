import type { CredentialSecret } from '../../credentials/credential.ts';
import { isObject, property } from '../../lib/json.ts';
import { describeResponse, errorFromResponse } from '../error-from-response.ts';
import { RegistryError } from '../errors.ts';
import type { HttpRequest, Send } from '../http-types.ts';
import type { RegistryLimits } from '../limits.ts';
import { parseJsonBody, readBody } from '../read-body.ts';
import type { Challenge } from './challenge.ts';

export interface Token {
  readonly value: string;
  /** Its lifetime, less the margin. */
  readonly milliseconds: number;
}

export interface TokenRequest {
  readonly realm: URL;
  readonly challenge: Challenge;
  /** Null requests an anonymous token. */
  readonly secret: CredentialSecret | null;
  readonly origin: Pick<
    HttpRequest,
    'endpointHeaders' | 'isElsewhere' | 'signal' | 'subject' | 'tenant' | 'tls'
  >;
}

/** Characters allowed in a header: RFC 6750 allows fewer, but some registries' tokens are not base64. */
const PRINTABLE = /^[\x21-\x7e]+$/;

export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

/** Prefers the registry's own scopes, separated by spaces (ECR Public's is "aws"). */
function scopesOf({ challenge, origin }: TokenRequest): readonly string[] {
  const scopes = (challenge.params.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
  return scopes.length > 0 ? scopes : [`repository:${origin.subject.repository}:pull`];
}

/**
 * Anonymous or with a password: GET, which every token server supports (distribution spec/auth/token). With an identity
 * token: POST as OAuth2 refresh (spec/auth/oauth). Both have the endpoint's configured headers, as in containerd 2.1.
 */
function toHttpRequest(request: TokenRequest): HttpRequest {
  const { realm, challenge, secret, origin } = request;
  const service = challenge.params.get('service');
  const fields = new URLSearchParams();
  if (service !== undefined) fields.set('service', service);
  if (secret?.kind === 'identity-token') {
    fields.set('scope', scopesOf(request).join(' '));
    fields.set('grant_type', 'refresh_token');
    fields.set('client_id', 'wasmgate');
    fields.set('refresh_token', secret.token);
    const headers = {
      ...origin.endpointHeaders,
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    };
    return { ...origin, method: 'POST', url: realm, headers, body: fields.toString() };
  }
  const url = new URL(realm);
  for (const scope of scopesOf(request)) fields.append('scope', scope);
  for (const [name, value] of fields) url.searchParams.append(name, value);
  const headers: Record<string, string> = { ...origin.endpointHeaders, accept: 'application/json' };
  if (secret?.kind === 'basic')
    headers['authorization'] = basicAuthorization(secret.username, secret.password);
  return { ...origin, method: 'GET', url, headers };
}

/** `token` and `access_token` are synonyms; the specification requires one of them. */
function readToken(document: unknown, request: HttpRequest, limits: RegistryLimits): Token {
  const field = (name: string): unknown => (isObject(document) ? property(document, name) : undefined);
  const value = [field('token'), field('access_token')].find(
    (text) => typeof text === 'string' && text !== '',
  );
  if (typeof value !== 'string' || !PRINTABLE.test(value)) {
    throw new RegistryError('invalid', request.subject, {
      state: `${request.url.host} answers without a token`,
    });
  }
  const said = field('expires_in');
  const known = typeof said === 'number' && Number.isFinite(said) && said > 0;
  const seconds = Math.min(known ? said : limits.tokenLifeSeconds, limits.longestTokenLifeSeconds);
  return { value, milliseconds: Math.floor(seconds * 1000 * (1 - limits.tokenMargin)) };
}

/** Requests a token. @throws RegistryError `unauthorized` if the server rejects the login, or its other failures */
export async function fetchToken(
  request: TokenRequest,
  deps: { readonly send: Send; readonly now: () => number },
  limits: RegistryLimits,
): Promise<Token> {
  const asked = toHttpRequest(request);
  const response = await deps.send(asked);
  if (response.status === 200) {
    const body = await readBody(response, asked, { cap: limits.tokenBytes });
    return readToken(parseJsonBody(body, asked), asked, limits);
  }
  const { status } = response;
  // Token servers reject a login with 400 and 404 as well as 401.
  if (status >= 400 && status < 500 && status !== 429) {
    const state = `the token server ${await describeResponse(response)}`;
    throw new RegistryError('unauthorized', asked.subject, { state, status });
  }
  throw await errorFromResponse(response, asked, deps.now());
}
