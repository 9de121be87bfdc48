import type { Server, ServerOptions } from 'node:https';
import { fastify, type FastifyInstance } from 'fastify';
import type { AssessPod } from '../assess/assessment.ts';
import { createAdmissionHandler } from './admission-handler.ts';
import type { ServerMeter } from './admission-meter.ts';
import { createErrorHandler, sendError } from './error-answer.ts';
import type { Health } from './health.ts';
import { limitConnections } from './limit-connections.ts';
import { createMemoryBudget } from './memory-budget.ts';
import { createMutate } from './mutate.ts';
import { createBodyReader } from './read-body.ts';
import type { ServerLogger } from './server-logger.ts';
import { createValidate } from './validate.ts';

export interface AppDeps {
  readonly assess: AssessPod;
  readonly health: Health;
  readonly logger: ServerLogger;
  readonly meter?: ServerMeter | undefined;
}

export interface AppOptions {
  /** Certificate and key among them; see `serverTlsOptions`. */
  readonly https: ServerOptions;
  readonly bodyLimit?: number;
  readonly receivedBytes?: number;
  readonly waitingBytes?: number;
  readonly requestTimeout?: number;
  readonly handshakeTimeout?: number;
  readonly maxConnections?: number;
}

export const DEFAULTS = {
  /**
   * An AdmissionReview carries object and oldObject, each up to the 3 MiB that the API server takes from a client, and some
   * frame around them (controller-runtime derives the same number).
   */
  bodyLimit: 7 * 1024 * 1024,
  /**
   * Of bodies that are arriving, outside of the heap: three of the longest, or thousands of the usual 10 KiB. The container has
   * 256 MiB: 128 for the heap, 85 for connections (below), 24 for these, and the rest for Node itself.
   */
  receivedBytes: 24 * 1024 * 1024,
  /** Up to this length a body is small: six times the usual one. */
  smallBodyBytes: 64 * 1024,
  /**
   * Of Pods whose admission waits, mostly for a registry. They are in the heap: an eighth of it, and 230 of the usual 70 KiB.
   * The rest is for what the process knows of 5,000 nodes, and for the one body that is being parsed (read-body.ts).
   */
  waitingBytes: 16 * 1024 * 1024,
  /** What a small body becomes at most: Pods take seven to eight times their length (test/reviews). */
  smallPodBytes: 512 * 1024,
  /**
   * Headers and body are one write of the API server over a local network, and it gives up after the 3 s or 5 s of our
   * manifests. What is not here after twice that is held open by somebody else, and its memory with it. It holds for the first
   * request of a connection, too; a time-out of the socket itself would cost a seventh of a warm admission.
   */
  requestTimeout: 10_000,
  /** How often Node looks for such requests; its own 30 s would make 40 s of the ten. */
  connectionsCheckingInterval: 1000,
  /** Longer than the 90 s after which Go's client closes an idle connection: who closes first must not be we. */
  keepAliveTimeout: 100_000,
  /** Node's own 120 s are for slow lines; whoever does not finish within a cluster in this time does not want to. */
  handshakeTimeout: 10_000,
  /**
   * Each takes some 85 KiB: 4,000 idle ones, which any Pod may open if no NetworkPolicy forbids it, ended a process of 256 MiB.
   * API servers have one for each request that is under way, some hundreds at most. At the limit a new one takes the place of
   * one that does nothing (limit-connections.ts).
   */
  maxConnections: 1_000,
} as const;

type App = FastifyInstance<Server>;

/**
 * What is read of a body is checked where it is read, and what is answered is written by hand, so no route has a schema.
 * Ajv and the serialiser that Fastify would load at every start are left out of the bundle, too (package.json, `build`).
 */
function refuseSchema(): never {
  throw new Error('Cannot compile a schema: routes of wasmgate have none');
}

const NO_SCHEMAS = { buildValidator: () => refuseSchema, buildSerializer: () => refuseSchema };

const METHODS: Readonly<Record<string, string>> = {
  '/mutate': 'POST',
  '/validate': 'POST',
  '/healthz': 'GET',
  '/readyz': 'GET',
};

function addHealth(app: App, health: Health): void {
  app.get('/healthz', (_request, reply) => reply.type('text/plain').send('ok\n'));
  app.get('/readyz', (_request, reply) => {
    const waiting = health.waitingFor();
    const text = waiting.length === 0 ? 'ok\n' : waiting.map((what) => `not ready: ${what}\n`).join('');
    return reply
      .code(waiting.length === 0 ? 200 : 503)
      .type('text/plain')
      .send(text);
  });
}

function addNotFound(app: App): void {
  app.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?', 1);
    const method = Object.hasOwn(METHODS, path) ? METHODS[path] : undefined;
    if (method !== undefined) {
      const message = `Cannot ${request.method} "${path}": it takes ${method}`;
      reply.header('allow', method);
      return sendError(reply, { status: 405, code: 'wrong-method', message, advice: null });
    }
    const advice = `There are ${Object.keys(METHODS).join(', ')}.`;
    return sendError(reply, { status: 404, code: 'not-found', message: 'Cannot find this path', advice });
  });
}

/** The webhook as a value: it never listens by itself. */
export function createApp(deps: AppDeps, options: AppOptions): App {
  const limits = { ...DEFAULTS, ...options };
  const { requestTimeout, bodyLimit, connectionsCheckingInterval, handshakeTimeout } = limits;
  const { logger, meter } = deps;
  const app: App = fastify({
    // Headers are part of a request; Node's own default for them alone is longer, which would hide ours.
    https: {
      connectionsCheckingInterval,
      ...options.https,
      handshakeTimeout,
      requestTimeout,
      headersTimeout: requestTimeout,
    },
    bodyLimit,
    requestTimeout,
    keepAliveTimeout: DEFAULTS.keepAliveTimeout,
    // While closing, what still arrives on an open connection is answered: a 503 would be an unjudged Pod.
    return503OnClosing: false,
    schemaController: { compilersFactory: NO_SCHEMAS },
  });
  limitConnections(app.server, limits.maxConnections);
  const received = createMemoryBudget({ most: limits.receivedBytes, smallBytes: limits.smallBodyBytes });
  const waiting = createMemoryBudget({ most: limits.waitingBytes, smallBytes: limits.smallPodBytes });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', createBodyReader(received, { bodyLimit }));
  app.setErrorHandler(createErrorHandler(logger, meter?.refused));
  addNotFound(app);
  addHealth(app, deps.health);
  app.post('/mutate', createAdmissionHandler(createMutate(deps), { logger, waiting, meter: meter?.mutate }));
  app.post(
    '/validate',
    createAdmissionHandler(createValidate(deps), { logger, waiting, meter: meter?.validate }),
  );
  return app;
}
