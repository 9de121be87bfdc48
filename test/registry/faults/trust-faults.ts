import { credentialFor } from '../../support/registry/registry-client.ts';
import { certificateFor } from '../../support/server/certificates.ts';
import { body, status, type Fault, type Misbehaviour } from './fault.ts';

const DAY = 24 * 60 * 60 * 1000;
const METADATA = '169.254.169.254';

const to = (location: string): Misbehaviour => status(307, { location });
const challenge = (text: string): Misbehaviour => status(401, { 'www-authenticate': text });
const login: NonNullable<Fault['credentials']> = (host) => [
  credentialFor({ host }, { kind: 'basic', username: 'joe', password: 'pass' }),
];

function resolving(...answers: readonly string[]): NonNullable<Fault['resolve']> {
  const left = [...answers];
  return (_name, callback) => {
    const address = left.length > 1 ? left.shift() : left[0];
    callback(null, address === undefined ? [] : [{ address, family: address.includes(':') ? 6 : 4 }]);
  };
}

/** Closes after each answer, so that every request looks the name up anew. */
const closing: Misbehaviour = (request, response, whole) => {
  response.setHeader('connection', 'close');
  whole(request, response);
};

/** Who is asked, and who is believed. */
export const trustFaults: readonly Fault[] = [
  {
    name: 'a redirect to itself',
    reason: 'invalid',
    at: 'manifest',
    answer: to('/v2/bad/manifests/latest'),
    requests: 6,
  },
  {
    name: 'a redirect to the metadata address',
    reason: 'denied-by-config',
    at: 'manifest',
    answer: to(`http://${METADATA}/latest/`),
  },
  {
    name: 'a redirect to it as one number',
    reason: 'denied-by-config',
    at: 'manifest',
    answer: to('http://2852039166/'),
  },
  {
    name: 'a redirect to it in IPv6',
    reason: 'denied-by-config',
    at: 'config',
    answer: to(`http://[::ffff:${METADATA}]/`),
  },
  {
    name: 'a redirect of a layer to it',
    reason: 'denied-by-config',
    at: 'layer',
    answer: to(`http://${METADATA}/`),
  },
  { name: 'a redirect to a file', reason: 'invalid', at: 'manifest', answer: to('file:///etc/passwd') },
  { name: 'a redirect to nowhere', reason: 'invalid', at: 'manifest', answer: status(302) },
  {
    name: 'a redirect with a login in it',
    reason: 'invalid',
    at: 'manifest',
    answer: to('http://a:b@127.0.0.1/'),
  },
  {
    name: '401 for ever',
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
    name: '401 with a broken challenge',
    reason: 'invalid',
    at: 'manifest',
    answer: challenge(`Bearer ${'"'.repeat(5000)}`),
  },
  {
    name: '401 by a scheme nobody speaks',
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
    name: 'a token server over plain http elsewhere',
    reason: 'denied-by-config',
    at: 'manifest',
    answer: challenge('Bearer realm="http://evil.test/token"'),
    credentials: login,
  },
  {
    name: 'a token server that is no address',
    reason: 'invalid',
    at: 'manifest',
    answer: challenge('Bearer realm="no"'),
    credentials: login,
  },
  {
    name: 'a token server that asks for a token',
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
    answer: to('/token'),
    credentials: login,
  },
  {
    name: 'a token server with a web page',
    reason: 'invalid',
    auth: 'bearer',
    at: 'token',
    answer: body('<html>'),
    credentials: login,
  },
  {
    name: 'a token server without a token',
    reason: 'invalid',
    auth: 'bearer',
    at: 'token',
    answer: body('{}'),
    credentials: login,
  },
  {
    name: 'a token that ends the head',
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
    name: 'tokens that never help',
    reason: 'unauthorized',
    auth: 'bearer',
    at: 'token',
    answer: body('{"token":"x"}'),
    credentials: login,
  },
  {
    name: 'a token without an end',
    reason: 'unauthorized',
    auth: 'bearer',
    at: 'token',
    answer: body('{"token":"x","expires_in":1e300}'),
    credentials: login,
  },
  {
    name: 'a token whose end is text',
    reason: 'unauthorized',
    auth: 'bearer',
    at: 'token',
    answer: body('{"token":"x","expires_in":"soon"}'),
    credentials: login,
  },
  {
    name: '429 of the token server',
    reason: 'rate-limited',
    auth: 'bearer',
    at: 'token',
    answer: status(429),
    credentials: login,
  },
  {
    name: '500 of the token server',
    reason: 'unreachable',
    auth: 'bearer',
    at: 'token',
    answer: status(500),
    credentials: login,
  },
  { name: 'a certificate nobody knows', reason: 'tls', tls: () => certificateFor() },
  {
    name: 'a certificate that has expired',
    reason: 'tls',
    tls: () => certificateFor({ from: -2 * DAY, until: -DAY }),
  },
  {
    name: 'a certificate of tomorrow',
    reason: 'tls',
    tls: () => certificateFor({ from: DAY, until: 2 * DAY }),
  },
  { name: "another host's certificate", reason: 'tls', tls: () => certificateFor({ ip: '127.0.0.9' }) },
  { name: 'plain http where https is meant', reason: 'tls', client: { plainHttp: [] } },
  {
    name: 'a name that does not resolve',
    reason: 'unreachable',
    host: 'none.test',
    resolve: (_name, callback) =>
      callback(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }), []),
  },
  { name: 'a name without an address', reason: 'unreachable', host: 'empty.test', resolve: resolving() },
  {
    name: 'DNS that fails for now',
    reason: 'unreachable',
    host: 'later.test',
    resolve: (_name, callback) =>
      callback(Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' }), []),
  },
  {
    name: 'DNS that never answers',
    reason: 'timeout',
    host: 'slow.test',
    resolve: () => undefined,
    milliseconds: 150,
  },
  {
    name: 'a name of the metadata address',
    reason: 'denied-by-config',
    host: 'meta.test',
    resolve: resolving(METADATA),
  },
  {
    name: 'a name that is bound anew',
    reason: 'denied-by-config',
    host: 'rebound.test',
    resolve: resolving('127.0.0.1', METADATA),
    at: 'manifest',
    answer: closing,
  },
];
