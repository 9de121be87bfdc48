import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

export interface RegistryAuth {
  readonly auth: 'none' | 'basic' | 'bearer';
  /** Passwords by user. */
  readonly users?: Readonly<Record<string, string>>;
  /** Refresh tokens that the token endpoint accepts. */
  readonly identityTokens?: readonly string[];
  /** Bearer tokens that the registry accepts directly. */
  readonly registryTokens?: readonly string[];
  /** Issues tokens for pulls without credentials. */
  readonly anonymousPull?: boolean;
  /** `expires_in` of tokens; null leaves the field out. */
  readonly expiresIn?: number | null;
  /** Key of the token in the response. */
  readonly tokenField?: 'token' | 'access_token';
}

function sendChallenge(response: ServerResponse, challenge: string): void {
  response.writeHead(401, { 'www-authenticate': challenge, 'content-type': 'application/json' });
  response.end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
}

function basicUser(request: IncomingMessage, users: Readonly<Record<string, string>>): string | null {
  const [scheme, encoded = ''] = (request.headers.authorization ?? '').split(' ');
  if (scheme !== 'Basic') return null;
  const [user = '', ...password] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return Object.hasOwn(users, user) && users[user] === password.join(':') ? user : null;
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return new URLSearchParams(text);
}

function basicAuth(handler: RequestListener, options: RegistryAuth): RequestListener {
  return (request, response) => {
    if (basicUser(request, options.users ?? {}) === null) sendChallenge(response, 'Basic realm="test"');
    else handler(request, response);
  };
}

/** Creates the token endpoint, which issues tokens for the requested scopes. */
function createTokenEndpoint(options: RegistryAuth, tokens: Map<string, ReadonlySet<string>>) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const isPost = request.method === 'POST';
    const form = isPost ? await readForm(request) : new URL(request.url ?? '', 'http://test').searchParams;
    const refreshed = options.identityTokens?.includes(form.get('refresh_token') ?? '') ?? false;
    const anonymous = options.anonymousPull === true && request.headers.authorization === undefined;
    const user = basicUser(request, options.users ?? {});
    if (isPost ? !refreshed : user === null && !anonymous)
      return sendChallenge(response, 'Basic realm="token"');
    const token = randomUUID();
    tokens.set(token, new Set(form.getAll('scope').flatMap((scope) => scope.split(' '))));
    const expiresIn = options.expiresIn ?? 300;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        [options.tokenField ?? 'token']: token,
        ...(options.expiresIn === null ? {} : { expires_in: expiresIn }),
      }),
    );
  };
}

function bearerAuth(handler: RequestListener, options: RegistryAuth): RequestListener {
  const tokens = new Map<string, ReadonlySet<string>>();
  const answerToken = createTokenEndpoint(options, tokens);
  return (request, response) => {
    const url = new URL(request.url ?? '', 'http://test');
    if (url.pathname === '/token') {
      void answerToken(request, response);
      return;
    }
    const repository = /^\/v2\/(.+)\/(?:manifests|blobs)\//.exec(url.pathname)?.[1] ?? '';
    const scope = `repository:${repository}:pull`;
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const granted =
      tokens.get(token)?.has(scope) === true || options.registryTokens?.includes(token) === true;
    const scheme = 'encrypted' in request.socket ? 'https' : 'http';
    const realm = `${scheme}://${request.headers.host ?? ''}/token`;
    if (granted) handler(request, response);
    else sendChallenge(response, `Bearer realm="${realm}",service="test",scope="${scope}"`);
  };
}

/** Requires authentication for a registry's handler, as distribution does. */
export function requireAuth(handler: RequestListener, options: RegistryAuth): RequestListener {
  if (options.auth === 'basic') return basicAuth(handler, options);
  return options.auth === 'bearer' ? bearerAuth(handler, options) : handler;
}
