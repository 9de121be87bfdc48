import type { ServerOptions } from 'node:https';
import { Writable } from 'node:stream';
import { Agent, request } from 'undici';
import type { AssessPod } from '../../../src/assess/assessment.ts';
import type { ServerMeter } from '../../../src/server/app.ts';
import { createApp, type AppOptions, serverTlsOptions } from '../../../src/server/app.ts';
import { createHealth, type Checks } from '../../../src/server/health.ts';
import { listen } from '../../../src/server/listen.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import type { LogLevel } from '../../../src/telemetry/settings.ts';
import { sharedTestCertificate } from './tls.ts';

export interface WebhookOptions {
  readonly assess: AssessPod;
  readonly checks?: Checks;
  readonly logLevel?: LogLevel;
  readonly meter?: ServerMeter;
  readonly app?: Omit<AppOptions, 'https'>;
  readonly https?: ServerOptions;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The response of an AdmissionReview, or the fields of an error. */
  readonly json: () => Readonly<Record<string, unknown>>;
}

const JSON_HEADERS = { 'content-type': 'application/json' };

/** Starts the real server over HTTPS, with a client that trusts its certificate. */
export async function startWebhook(options: WebhookOptions) {
  const certificate = await sharedTestCertificate();
  const log: string[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      log.push(chunk.toString());
      done();
    },
  });
  const logger = createLogger({ level: options.logLevel ?? 'info', destination });
  const health = createHealth(options.checks ?? {});
  const app = createApp(
    { assess: options.assess, health, logger, meter: options.meter },
    { ...options.app, https: { ...serverTlsOptions(certificate), ...options.https } },
  );
  const listening = await listen(app, health, { host: '127.0.0.1', port: 0, drainMilliseconds: 0 });
  const agent = new Agent({ connect: { ca: certificate.caCert } });
  const origin = `https://127.0.0.1:${listening.port}`;

  const send = async (method: 'GET' | 'POST', path: string, body?: string, headers = {}): Promise<Reply> => {
    const answer = await request(`${origin}${path}`, {
      method,
      dispatcher: agent,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.body.text();
    return {
      status: answer.statusCode,
      text,
      headers: answer.headers,
      json: () => JSON.parse(text) as Readonly<Record<string, unknown>>,
    };
  };

  return {
    app,
    certificate,
    health,
    listening,
    log,
    port: listening.port,
    send,
    get: (path: string) => send('GET', path),
    post: (path: string, body: string, headers: Readonly<Record<string, string>> = JSON_HEADERS) =>
      send('POST', path, body, headers),
    /** The `response` of the answering review. */
    ask: async (path: string, review: object) => {
      const reply = await send('POST', path, JSON.stringify(review), JSON_HEADERS);
      if (reply.status !== 200) throw new Error(`HTTP ${reply.status}: ${reply.text}`);
      return reply.json()['response'] as Readonly<Record<string, unknown>>;
    },
    [Symbol.asyncDispose]: async () => {
      await agent.destroy();
      await app.close();
    },
  };
}

export type Webhook = Awaited<ReturnType<typeof startWebhook>>;
