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

/** Faults of the connection and of HTTP. */
export const connectionFaults: readonly Fault[] = [
  { name: 'never responds', reason: 'timeout', at: 'manifest', answer: silence, milliseconds: 150 },
  {
    name: 'never responds for a config',
    reason: 'timeout',
    at: 'config',
    answer: silence,
    milliseconds: 150,
  },
  { name: 'never responds for a layer', reason: 'timeout', at: 'layer', answer: silence, milliseconds: 300 },
  {
    name: 'never issues a token',
    reason: 'timeout',
    auth: 'bearer',
    at: 'token',
    answer: silence,
    milliseconds: 150,
  },
  {
    name: 'trickles a manifest',
    reason: 'timeout',
    at: 'manifest',
    answer: drip(200),
    milliseconds: 150,
  },
  {
    name: 'trickles a config',
    reason: 'timeout',
    at: 'config',
    answer: drip(200),
    milliseconds: 150,
  },
  {
    name: 'trickles an error body',
    reason: 'not-found',
    at: 'manifest',
    answer: drip(404),
    // The client waits for the body until the deadline, and the status must arrive before that.
    milliseconds: 2000,
  },
  {
    name: 'stalls without a deadline of the caller',
    reason: 'timeout',
    at: 'manifest',
    answer: (_request, response) => response.writeHead(200).flushHeaders(),
    client: { limits: { silenceMs: 100 } },
  },
  { name: 'resets the connection', reason: 'unreachable', at: 'manifest', answer: reset, requests: 3 },
  {
    name: 'resets after the headers',
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
  { name: 'an endless error body', reason: 'not-found', at: 'manifest', answer: endless(404), requests: 1 },
  {
    name: 'an endless layer that is not a tar archive',
    reason: 'invalid',
    at: 'layer',
    answer: endless(200),
    requests: 3,
  },
  {
    name: 'an oversized Content-Length',
    reason: 'too-large',
    at: 'manifest',
    answer: (request, response, handler) => {
      response.writeHead(200, { 'content-length': '999999999999' });
      endless(200)(request, Object.assign(response, { writeHead: () => response }), handler);
    },
  },
  {
    name: 'a truncated document',
    reason: 'invalid',
    at: 'manifest',
    answer: body('{"schemaVersion":2,'),
    requests: 1,
  },
  {
    name: 'a body shorter than its Content-Length',
    reason: 'unreachable',
    at: 'manifest',
    answer: raw('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{}'),
    requests: 3,
  },
  {
    name: 'two different Content-Length headers',
    reason: 'invalid',
    at: 'manifest',
    answer: raw('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'),
  },
  {
    name: 'a Content-Length that is not a number',
    reason: 'invalid',
    at: 'manifest',
    answer: raw('HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n{}'),
  },
  {
    name: 'a malformed chunk',
    reason: 'invalid',
    at: 'manifest',
    answer: raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'),
  },
  {
    name: 'a protocol other than HTTP',
    reason: 'invalid',
    at: 'manifest',
    answer: raw('SSH-2.0-OpenSSH_9\r\n'),
  },
  {
    name: 'an oversized header',
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
    name: 'an interim response only',
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
  {
    name: '304 without a conditional request',
    reason: 'invalid',
    at: 'manifest',
    answer: status(304),
    requests: 1,
  },
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
    name: '429 with an invalid date',
    reason: 'rate-limited',
    at: 'manifest',
    answer: status(429, { 'retry-after': 'Never' }),
    requests: 3,
  },
  { name: '500', reason: 'unreachable', at: 'manifest', answer: status(500), requests: 3 },
  { name: '500 for a config', reason: 'unreachable', at: 'config', answer: status(500), requests: 4 },
  { name: '503', reason: 'unreachable', at: 'manifest', answer: status(503), requests: 3 },
  {
    name: 'an unknown status',
    reason: 'unreachable',
    at: 'manifest',
    answer: status(599),
    requests: 3,
  },
];
