import { once } from 'node:events';
import { connect } from 'node:tls';
import { expect, test } from 'vitest';
import { answering, decided } from '../support/assess/assessments.ts';
import { startWebhook } from '../support/server/webhook.ts';

/** Each was an error line with a stack and counted as a fault of wasmgate. Whoever reaches the port can send thousands a second. */
test('a body whose sender disconnects is a bad request and is not logged', async () => {
  const { assess } = answering(decided());
  const codes: string[] = [];
  const counted = Promise.withResolvers<void>();
  const onError = (code: string): void => {
    codes.push(code);
    counted.resolve();
  };
  const meter = { mutate: () => undefined, validate: () => undefined, onError };
  await using webhook = await startWebhook({ assess, meter });
  const socket = connect({ host: '127.0.0.1', port: webhook.port, ca: webhook.certificate.caCert });
  await once(socket, 'secureConnect');
  const received = once(webhook.app.server, 'request');
  const headers = 'Host: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n';
  socket.write(`POST /validate HTTP/1.1\r\n${headers}{`);
  await received;
  socket.destroy();
  await counted.promise;
  expect(codes).toEqual(['bad-request']);
  expect(webhook.log).toEqual([]);
});
