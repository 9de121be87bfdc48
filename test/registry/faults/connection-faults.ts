import {
  body,
  drip,
  endless,
  reset,
  resetAfterHead,
  resetInBody,
  silence,
  status,
  type Fault,
} from './fault.ts';

const raw =
  (text: string): NonNullable<Fault['answer']> =>
  (request) =>
    void request.socket.end(text);

/** What happens on the wire, whatever is asked. */
export const connectionFaults: readonly Fault[] = [
  { name: 'never answers', reason: 'timeout', at: 'manifest', answer: silence, milliseconds: 150 },
  { name: 'never answers for a config', reason: 'timeout', at: 'config', answer: silence, milliseconds: 150 },
  { name: 'never answers for a layer', reason: 'timeout', at: 'layer', answer: silence, milliseconds: 300 },
  {
    name: 'never gives a token',
    reason: 'timeout',
    auth: 'bearer',
    at: 'token',
    answer: silence,
    milliseconds: 150,
  },
  {
    name: 'answers byte after byte',
    reason: 'timeout',
    at: 'manifest',
    answer: drip(200),
    milliseconds: 150,
  },
  {
    name: 'sends a config byte after byte',
    reason: 'timeout',
    at: 'config',
    answer: drip(200),
    milliseconds: 150,
  },
  {
    name: 'sends an error byte after byte',
    reason: 'not-found',
    at: 'manifest',
    answer: drip(404),
    // All of it is waited for, and the status has to come in time.
    milliseconds: 2000,
  },
  {
    name: 'falls silent, where nobody else sets a limit',
    reason: 'timeout',
    at: 'manifest',
    answer: (_request, response) => response.writeHead(200).flushHeaders(),
    client: { limits: { silenceMs: 100 } },
  },
  { name: 'resets the connection', reason: 'unreachable', at: 'manifest', answer: reset, requests: 3 },
  {
    name: 'resets after the head',
    reason: 'unreachable',
    at: 'manifest',
    answer: resetAfterHead,
    requests: 3,
  },
  { name: 'resets within the body', reason: 'unreachable', at: 'manifest', answer: resetInBody, requests: 3 },
  { name: 'resets for a config', reason: 'unreachable', at: 'config', answer: reset, requests: 4 },
  { name: 'resets within a config', reason: 'unreachable', at: 'config', answer: resetInBody, requests: 4 },
  { name: 'resets for a layer', reason: 'unreachable', at: 'layer', answer: reset, requests: 5 },
  { name: 'resets for a token', reason: 'unreachable', auth: 'bearer', at: 'token', answer: reset },
  { name: 'an endless body', reason: 'too-large', at: 'manifest', answer: endless(200), requests: 1 },
  { name: 'an endless config', reason: 'too-large', at: 'config', answer: endless(200), requests: 2 },
  { name: 'an endless token', reason: 'too-large', auth: 'bearer', at: 'token', answer: endless(200) },
  { name: 'an endless error', reason: 'not-found', at: 'manifest', answer: endless(404), requests: 1 },
  {
    name: 'an endless layer that is no tar',
    reason: 'invalid',
    at: 'layer',
    answer: endless(200),
    requests: 3,
  },
  {
    name: 'a length that is too large',
    reason: 'too-large',
    at: 'manifest',
    answer: (request, response, whole) => {
      response.writeHead(200, { 'content-length': '999999999999' });
      endless(200)(request, Object.assign(response, { writeHead: () => response }), whole);
    },
  },
  {
    name: 'half a body',
    reason: 'invalid',
    at: 'manifest',
    answer: body('{"schemaVersion":2,'),
    requests: 1,
  },
  {
    name: 'a body shorter than its length',
    reason: 'unreachable',
    at: 'manifest',
    answer: raw('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{}'),
    requests: 3,
  },
  {
    name: 'two lengths that differ',
    reason: 'invalid',
    at: 'manifest',
    answer: raw('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'),
  },
  {
    name: 'a length that is no number',
    reason: 'invalid',
    at: 'manifest',
    answer: raw('HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n{}'),
  },
  {
    name: 'a broken chunk',
    reason: 'invalid',
    at: 'manifest',
    answer: raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'),
  },
  { name: 'no HTTP at all', reason: 'invalid', at: 'manifest', answer: raw('SSH-2.0-OpenSSH_9\r\n') },
  {
    name: 'a giant header',
    reason: 'too-large',
    at: 'manifest',
    answer: (_request, response) => void response.writeHead(200, { 'x-long': 'x'.repeat(100_000) }).end('{}'),
  },
  {
    name: 'ten thousand headers',
    reason: 'too-large',
    at: 'manifest',
    answer: (_request, response) => {
      for (let index = 0; index < 10_000; index++) response.setHeader(`x-${index}`, 'x');
      response.end('{}');
    },
  },
  {
    name: 'early hints for ever, then silence',
    reason: 'timeout',
    at: 'manifest',
    milliseconds: 150,
    answer: (_request, response) => response.writeProcessing(),
  },
  {
    name: 'a switch to another protocol',
    reason: 'unreachable',
    at: 'manifest',
    answer: raw('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
  },
  { name: '204', reason: 'invalid', at: 'manifest', answer: status(204), requests: 1 },
  { name: '206 for a manifest', reason: 'invalid', at: 'manifest', answer: status(206), requests: 1 },
  { name: '304 that nobody asked for', reason: 'invalid', at: 'manifest', answer: status(304), requests: 1 },
  { name: '403', reason: 'unauthorized', at: 'manifest', answer: status(403), requests: 1 },
  { name: '404', reason: 'not-found', at: 'manifest', answer: status(404), requests: 1 },
  { name: '404 for a config', reason: 'not-found', at: 'config', answer: status(404), requests: 2 },
  { name: '418', reason: 'invalid', at: 'manifest', answer: status(418), requests: 1 },
  { name: '429', reason: 'rate-limited', at: 'manifest', answer: status(429), requests: 3 },
  {
    name: '429 for an hour',
    reason: 'rate-limited',
    at: 'manifest',
    answer: status(429, { 'retry-after': '3600' }),
    requests: 1,
  },
  {
    name: '429 until a date that is none',
    reason: 'rate-limited',
    at: 'manifest',
    answer: status(429, { 'retry-after': 'Never' }),
    requests: 3,
  },
  { name: '500', reason: 'unreachable', at: 'manifest', answer: status(500), requests: 3 },
  { name: '500 for a config', reason: 'unreachable', at: 'config', answer: status(500), requests: 4 },
  { name: '503', reason: 'unreachable', at: 'manifest', answer: status(503), requests: 3 },
  {
    name: 'a status that does not exist',
    reason: 'unreachable',
    at: 'manifest',
    answer: status(599),
    requests: 3,
  },
];
