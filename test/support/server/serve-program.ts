// A server like that of `wasmgate serve`, for tests that send signals to a process. It prints its port and CA when it listens,
// and each admission when it begins; the test decides when that ends.
import { once } from 'node:events';
import { createApp, serverTlsOptions } from '../../../src/server/app.ts';
import { createHealth } from '../../../src/server/health.ts';
import { listen, stopSignal } from '../../../src/server/listen.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { decided } from '../assess/assessments.ts';
import { createTestCertificate } from './tls.ts';

const DRAIN = 100;

const certificate = await createTestCertificate();
const health = createHealth({});
const assess = async () => {
  const message = once(process, 'message');
  process.send?.({ kind: 'asked' });
  await message;
  return decided();
};
const app = createApp(
  { assess, health, logger: createLogger({ level: 'silent' }) },
  { https: serverTlsOptions(certificate) },
);
const server = await listen(app, health, { host: '127.0.0.1', port: 0, drainMilliseconds: DRAIN });
const stopped = stopSignal(process);
process.send?.({ kind: 'listening', port: server.port, ca: certificate.caCert });
const signal = await stopped;
process.send?.({ kind: 'stopping', signal });
await server.close();
process.disconnect();
