import { credentialFor } from '../../support/registry/registry-client.ts';
import { certificateFor } from '../../support/server/certificates.ts';
import { body, status, type Fault, type Misbehavior } from './fault.ts';

const DAY = 24 * 60 * 60 * 1000;
const METADATA = '169.254.169.254';

const redirectTo = (location: string): Misbehavior => status(307, { location });
const challenge = (text: string): Misbehavior => status(401, { 'www-authenticate': text });
const login: NonNullable<Fault['credentials']> = (host) => [
  credentialFor({ host }, { kind: 'basic', username: 'joe', password: 'pass' }),
];

function resolveTo(...answers: readonly string[]): NonNullable<Fault['resolve']> {
  const left = [...answers];
  return (_name, callback) => {
    const address = left.length > 1 ? left.shift() : left[0];
    callback(null, address === undefined ? [] : [{ address, family: address.includes(':') ? 6 : 4 }]);
  };
}

/** Closes the connection after each response, so that every request resolves the name again. */
const closeAfterResponse: Misbehavior = (request, response, handler) => {
  response.setHeader('connection', 'close');
  handler(request, response);
};

/** Faults of redirects, authentication, certificates and name resolution. */
export const trustFaults: readonly Fault[] = [
  {
    name: 'a redirect to itself',
    reason: 'invalid',
    at: 'manifest',
    answer: redirectTo('/v2/bad/manifests/latest'),
    requests: 6,
  },
  {
    name: 'a redirect to the metadata address',
    reason: 'denied-by-config',
    at: 'manifest',
    answer: redirectTo(`http://${METADATA}/latest/`),
  },
  {
    name: 'a redirect to the metadata address as a decimal number',
    reason: 'denied-by-config',
    at: 'manifest',
    answer: redirectTo('http://2852039166/'),
  },
  {
    name: 'a redirect to the metadata address mapped to IPv6',
    reason: 'denied-by-config',
    at: 'config',
    answer: redirectTo(`http://[::ffff:${METADATA}]/`),
  },
  {
    name: 'a redirect of a layer to the metadata address',
    reason: 'denied-by-config',
    at: 'layer',
    answer: redirectTo(`http://${METADATA}/`),
  },
  {
    name: 'a redirect to a file URL',
    reason: 'invalid',
    at: 'manifest',
    answer: redirectTo('file:///etc/passwd'),
  },
  { name: 'a redirect without a Location', reason: 'invalid', at: 'manifest', answer: status(302) },
  {
    name: 'a redirect with credentials in the URL',
    reason: 'invalid',
    at: 'manifest',
    answer: redirectTo('http://a:b@127.0.0.1/'),
  },
  {
    name: '401 for every request',
    reason: 'unauthorized',
    at: 'manifest',
    answer: challenge('Basic realm="x"'),
    credentials: login,
  },
  {
    name: '401 without a challenge',
    reason: 'unauthorized',
    at: 'manifest',
    answer: status(401),
    credentials: login,
  },
  {
    name: '401 with a malformed challenge',
    reason: 'invalid',
    at: 'manifest',
    answer: challenge(`Bearer ${'"'.repeat(5000)}`),
  },
  {
    name: '401 with an unsupported scheme',
    reason: 'unsupported',
    at: 'manifest',
    answer: challenge('Negotiate'),
  },
  {
    name: 'a token server on the metadata address',
    reason: 'denied-by-config',
    at: 'manifest',
    answer: challenge(`Bearer realm="https://${METADATA}/token"`),
    credentials: login,
  },
  {
    name: 'a token server over plain HTTP on another host',
    reason: 'denied-by-config',
    at: 'manifest',
    answer: challenge('Bearer realm="http://evil.test/token"'),
    credentials: login,
  },
  {
    name: 'a realm that is not a URL',
    reason: 'invalid',
    at: 'manifest',
    answer: challenge('Bearer realm="no"'),
    credentials: login,
  },
  {
    name: 'a token server that requires a token',
    reason: 'unauthorized',
    auth: 'bearer',
    at: 'token',
    answer: challenge('Bearer realm="/token"'),
    credentials: login,
  },
  {
    name: 'a token server that redirects to itself',
    reason: 'invalid',
    auth: 'bearer',
    at: 'token',
    answer: redirectTo('/token'),
    credentials: login,
  },
  {
    name: 'a token server that returns a web page',
    reason: 'invalid',
    auth: 'bearer',
    at: 'token',
    answer: body('<html>'),
    credentials: login,
  },
  {
    name: 'a token server that returns no token',
    reason: 'invalid',
    auth: 'bearer',
    at: 'token',
    answer: body('{}'),
    credentials: login,
  },
  {
    name: 'a token with a line break',
    reason: 'invalid',
    auth: 'bearer',
    at: 'token',
    answer: body('{"token":"a\\r\\nx: y"}'),
    credentials: login,
  },
  {
    name: 'a token that is a number',
    reason: 'invalid',
    auth: 'bearer',
    at: 'token',
    answer: body('{"token":7}'),
    credentials: login,
  },
  {
    name: 'a token that the registry rejects',
    reason: 'unauthorized',
    auth: 'bearer',
    at: 'token',
    answer: body('{"token":"x"}'),
    credentials: login,
  },
  {
    name: 'a token that never expires',
    reason: 'unauthorized',
    auth: 'bearer',
    at: 'token',
    answer: body('{"token":"x","expires_in":1e300}'),
    credentials: login,
  },
  {
    name: 'a token with an expires_in that is not a number',
    reason: 'unauthorized',
    auth: 'bearer',
    at: 'token',
    answer: body('{"token":"x","expires_in":"soon"}'),
    credentials: login,
  },
  {
    name: '429 from the token server',
    reason: 'rate-limited',
    auth: 'bearer',
    at: 'token',
    answer: status(429),
    credentials: login,
  },
  {
    name: '500 from the token server',
    reason: 'unreachable',
    auth: 'bearer',
    at: 'token',
    answer: status(500),
    credentials: login,
  },
  { name: 'an untrusted certificate', reason: 'tls', tls: () => certificateFor() },
  {
    name: 'an expired certificate',
    reason: 'tls',
    tls: () => certificateFor({ from: -2 * DAY, until: -DAY }),
  },
  {
    name: 'a certificate that is not valid yet',
    reason: 'tls',
    tls: () => certificateFor({ from: DAY, until: 2 * DAY }),
  },
  { name: 'a certificate for another host', reason: 'tls', tls: () => certificateFor({ ip: '127.0.0.9' }) },
  { name: 'plain HTTP in place of HTTPS', reason: 'tls', client: { plainHttp: [] } },
  {
    name: 'a name that does not resolve',
    reason: 'unreachable',
    host: 'none.test',
    resolve: (_name, callback) =>
      callback(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }), []),
  },
  { name: 'a name without an address', reason: 'unreachable', host: 'empty.test', resolve: resolveTo() },
  {
    name: 'a temporary DNS failure',
    reason: 'unreachable',
    host: 'later.test',
    resolve: (_name, callback) =>
      callback(Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' }), []),
  },
  {
    name: 'DNS that never responds',
    reason: 'timeout',
    host: 'slow.test',
    resolve: () => undefined,
    milliseconds: 150,
  },
  {
    name: 'a name that resolves to the metadata address',
    reason: 'denied-by-config',
    host: 'meta.test',
    resolve: resolveTo(METADATA),
  },
  {
    name: 'a name that is rebound to the metadata address',
    reason: 'denied-by-config',
    host: 'rebound.test',
    resolve: resolveTo('127.0.0.1', METADATA),
    at: 'manifest',
    answer: closeAfterResponse,
  },
];
