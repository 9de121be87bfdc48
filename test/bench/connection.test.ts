import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { generateServingCertificate, LOCAL_NAMES } from '../../src/certs/serving-certificate.ts';
import { askOnce, openConnection } from './connection.ts';

const certificate = await generateServingCertificate(LOCAL_NAMES);

/** A server that answers each request like this. */
async function startServer(answer: (socket: TLSSocket) => void) {
  const server = createServer({ key: certificate.key, cert: certificate.cert }, (socket) => {
    socket.on('data', () => answer(socket));
    socket.on('error', () => {});
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    target: { port, ca: certificate.caCert },
    [Symbol.asyncDispose]: async () => void (await once(server.close(), 'close')),
  };
}

const REQUEST = Buffer.from('request');

test('an answer is the body, however many pieces it comes in', async () => {
  await using server = await startServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbo');
    setImmediate(() => socket.write('dy'));
  });
  const connection = await openConnection(server.target);
  expect([await askOnce(connection, REQUEST), await askOnce(connection, REQUEST)]).toEqual(['body', 'body']);
  connection.close();
});

test.each<[string, (socket: TLSSocket) => void, RegExp]>([
  [
    'another status',
    (socket) => socket.write('HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n'),
    /HTTP\/1.1 500 Oh/,
  ],
  ['the end of the connection', (socket) => socket.destroy(), /closed the connection|ECONNRESET/],
])('%s fails this request and those after it', async (_of, answer, message) => {
  await using server = await startServer(answer);
  const connection = await openConnection(server.target);
  await expect(askOnce(connection, REQUEST)).rejects.toThrow(message);
  await expect(askOnce(connection, REQUEST)).rejects.toThrow(message);
});

test('an answer that its reader does not accept fails', async () => {
  await using server = await startServer((socket) =>
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody'),
  );
  const { ask, close } = await openConnection(server.target);
  const { promise, reject } = Promise.withResolvers<never>();
  const refuse = (): void => {
    throw new Error('wrong');
  };
  ask(REQUEST, refuse, reject);
  await expect(promise).rejects.toThrow('wrong');
  close();
});
