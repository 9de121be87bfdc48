import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

/** The only account of the test servers. */
export const ACCOUNT = { username: 'puller', password: 'pull-me' } as const;

export function basicAuth({ username, password }: typeof ACCOUNT): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}

export interface TokenServer extends AsyncDisposable {
  readonly realm: string;
  readonly issuer: string;
  readonly service: string;
  /** The public key that the registry must trust. */
  readonly jwks: string;
}

export interface ServerKeys {
  readonly key: string;
  readonly cert: string;
}

/** Starts a service for the registry token protocol. It grants ACCOUNT any access, and rejects all other requests. */
export async function startTokenServer(tls?: ServerKeys): Promise<TokenServer> {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = keys.publicKey.export({ format: 'jwk' });
  const kid = createHash('sha256')
    .update(jwk.n ?? '')
    .digest('hex')
    .slice(0, 16);
  const identity = { issuer: 'token-server.test', service: 'registry.test' };
  const listener: RequestListener = (request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (!isAuthorized(request)) {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }),
      );
      return;
    }
    const claims = { ...identity, access: url.searchParams.getAll('scope').map(readScope) };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ token: signToken(claims, { kid, key: keys.privateKey }), expires_in: 60 }));
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer({ ...tls }, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    ...identity,
    // A name, because crane rejects a realm with a loopback address.
    realm: `${tls === undefined ? 'http' : 'https'}://localhost:${port}/token`,
    jwks: JSON.stringify({ keys: [{ ...jwk, kid, alg: 'RS256', use: 'sig' }] }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function isAuthorized(request: IncomingMessage): boolean {
  return request.headers.authorization === `Basic ${basicAuth(ACCOUNT)}`;
}

interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** Parses a scope such as `repository:demo/hello:pull,push`. */
function readScope(scope: string): Access {
  const [type = '', name = '', actions = ''] = scope.split(':');
  return { type, name, actions: actions.split(',') };
}

interface Claims {
  readonly issuer: string;
  readonly service: string;
  readonly access: readonly Access[];
}

function signToken(claims: Claims, { kid, key }: { kid: string; key: KeyObject }): string {
  const now = Math.floor(Date.now() / 1000);
  const head = encodePart({ typ: 'JWT', alg: 'RS256', kid });
  const body = encodePart({
    iss: claims.issuer,
    aud: claims.service,
    sub: ACCOUNT.username,
    access: claims.access,
    iat: now,
    nbf: now,
    exp: now + 60,
    jti: randomUUID(),
  });
  return `${head}.${body}.${sign('sha256', Buffer.from(`${head}.${body}`), key).toString('base64url')}`;
}

function encodePart(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
