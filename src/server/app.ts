import type { Server, ServerOptions } from 'node:https';
import { fastify, type FastifyInstance } from 'fastify';
import type { AssessPod } from '../assess/assessment.ts';
import { isObject } from '../lib/json.ts';
import { createAdmissionHandler, type AdmissionMeter, type ServerLogger } from './admission-handler.ts';
import { createDecisionLog } from './decision-log.ts';
import { createErrorHandler, sendError, type ErrorCode } from './error-answer.ts';
import type { Health } from './health.ts';
import { limitConnections } from './limit-connections.ts';
import { createMemoryBudget } from './memory-budget.ts';
import { createBodyReader } from './read-body.ts';
import { createMutate, createValidate } from './webhooks.ts';

/** Receives what the server counts. */
export interface ServerMeter {
  readonly mutate: AdmissionMeter;
  readonly validate: AdmissionMeter;
  /** Counts a request that got an error instead of an answer. */
  readonly onError: (code: ErrorCode) => void;
}

export interface AppDeps {
  readonly assess: AssessPod;
  readonly health: Health;
  readonly logger: ServerLogger;
  readonly meter?: ServerMeter | undefined;
}

export interface AppOptions {
  /** Reports whether each object that is changed or denied gets a line in the log now; always, by default. */
  readonly logsDecisions?: () => boolean;
  /** Includes certificate and key: see `serverTlsOptions`. */
  readonly https: ServerOptions;
  readonly bodyLimit?: number;
  readonly receivedBytes?: number;
  readonly waitingBytes?: number;
  readonly requestTimeout?: number;
  readonly handshakeTimeout?: number;
  readonly maxConnections?: number;
}

export const SERVER_LIMITS = {
  /**
   * An AdmissionReview carries object and oldObject, each up to the 3 MiB that the API server accepts from a client, and a frame
   * around them (controller-runtime derives the same number).
   */
  bodyLimit: 7 * 1024 * 1024,
  /**
   * Budget for arriving bodies, outside of the heap: three of the longest, or thousands of the usual 10 KiB. The container has
   * 256 MiB: 128 for the heap, 85 for connections (below), 24 for these, and the rest for Node itself.
   */
  receivedBytes: 24 * 1024 * 1024,
  /** The longest small body: six times the usual one. */
  smallBodyBytes: 64 * 1024,
  /**
   * Budget for Pods whose admission waits, mostly for a registry: an eighth of the heap, or 230 Pods of the usual 70 KiB. The
   * rest is for what the process knows of 5,000 nodes, and for the one body being parsed (read-body.ts).
   */
  waitingBytes: 16 * 1024 * 1024,
  /** The largest small body, parsed: Pods take seven to eight times their length (test/reviews). */
  smallPodBytes: 512 * 1024,
  /**
   * The API server writes headers and body at once over a local network, and gives up after the 3 s or 5 s of our manifests. A
   * request that takes twice that comes from another client and only holds memory. The limit covers a connection's first
   * request, too; a timeout of the socket itself would cost a seventh of a warm admission.
   */
  requestTimeout: 10_000,
  /** How often Node checks for such requests; with its default of 30 s, the ten seconds could become forty. */
  connectionsCheckingInterval: 1000,
  /** Longer than the 90 s after which Go's client closes an idle connection, so that the server never closes first. */
  keepAliveTimeout: 100_000,
  /** Node's default of 120 s is for slow lines; within a cluster, a handshake takes milliseconds. */
  handshakeTimeout: 10_000,
  /**
   * A connection takes some 85 KiB: 4,000 idle ones, which any Pod may open unless a NetworkPolicy forbids it, ended a process of
   * 256 MiB. API servers keep one for each request under way, some hundreds at most. At the limit, a new connection replaces an
   * idle one (limit-connections.ts).
   */
  maxConnections: 1_000,
} as const;

/** PEM texts. */
export interface TlsKeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Returns all TLS settings, because a swap replaces all of them. The API server's client speaks TLS 1.2 and 1.3. */
export function serverTlsOptions({ cert, key }: TlsKeyPair): ServerOptions {
  return { cert, key, minVersion: 'TLSv1.2' };
}

/** Gives new connections another certificate; open ones keep theirs. */
export function swapCertificate(server: Server, certificate: TlsKeyPair): void {
  server.setSecureContext(serverTlsOptions(certificate));
}

type App = FastifyInstance<Server>;

/**
 * No route has a schema: the code checks the fields that it reads, and writes its answers by hand. So the bundle leaves out Ajv
 * and the serializer that Fastify would load at every start (package.json, `build`).
 */
function rejectSchema(): never {
  throw new Error('Cannot compile a schema: routes of wasmgate have none');
}

const NO_SCHEMAS = { buildValidator: () => rejectSchema, buildSerializer: () => rejectSchema };

const METHODS: Readonly<Record<string, string>> = {
  '/mutate': 'POST',
  '/validate': 'POST',
  '/healthz': 'GET',
  '/readyz': 'GET',
};

function addHealth(app: App, health: Health): void {
  app.get('/healthz', (_request, reply) => reply.type('text/plain').send('ok\n'));
  app.get('/readyz', (request, reply) => {
    const { isReady, text } = health.answer(isObject(request.query) && 'verbose' in request.query);
    return reply
      .code(isReady ? 200 : 503)
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
    const advice = `Use one of ${Object.keys(METHODS).join(', ')}.`;
    return sendError(reply, { status: 404, code: 'not-found', message: 'Cannot find this path', advice });
  });
}

/** Creates the webhook server, which does not listen yet. */
export function createApp(deps: AppDeps, options: AppOptions): App {
  const limits = { ...SERVER_LIMITS, ...options };
  const { requestTimeout, bodyLimit, connectionsCheckingInterval, handshakeTimeout } = limits;
  const { logger, meter } = deps;
  const app: App = fastify({
    // Headers are part of a request; Node's default for them alone is longer and would hide this one.
    https: {
      connectionsCheckingInterval,
      ...options.https,
      handshakeTimeout,
      requestTimeout,
      headersTimeout: requestTimeout,
    },
    bodyLimit,
    requestTimeout,
    keepAliveTimeout: SERVER_LIMITS.keepAliveTimeout,
    // Answer what still arrives on an open connection while closing: a 503 would leave a Pod unjudged.
    return503OnClosing: false,
    schemaController: { compilersFactory: NO_SCHEMAS },
  });
  limitConnections(app.server, limits.maxConnections);
  const received = createMemoryBudget({ most: limits.receivedBytes, smallBytes: limits.smallBodyBytes });
  const waiting = createMemoryBudget({ most: limits.waitingBytes, smallBytes: limits.smallPodBytes });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', createBodyReader(received, { bodyLimit }));
  app.setErrorHandler(createErrorHandler(logger, meter?.onError));
  addNotFound(app);
  addHealth(app, deps.health);
  const { logsDecisions = () => true } = options;
  const writeDecision = createDecisionLog(logger);
  const logDecision: typeof writeDecision = (decision) => {
    if (logsDecisions() && logger.isLevelEnabled('info')) writeDecision(decision);
  };
  const webhookDeps = { assess: deps.assess, logDecision };
  app.post(
    '/mutate',
    createAdmissionHandler(createMutate(webhookDeps), { logger, waiting, meter: meter?.mutate }),
  );
  app.post(
    '/validate',
    createAdmissionHandler(createValidate(webhookDeps), { logger, waiting, meter: meter?.validate }),
  );
  return app;
}
