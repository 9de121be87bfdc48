import type { FastifyReply, RouteHandlerMethod } from 'fastify';
import { writeReview, type Answer } from '../admission/response.ts';
import { parseReview, type AdmissionRequest } from '../admission/review.ts';
import { createDeadline, type Deadline } from '../assess/deadline.ts';
import { AppError } from '../lib/errors.ts';
import { stripControlCharacters } from '../lib/strip-control-characters.ts';
import { throttledWarn } from '../lib/throttled-warn.ts';
import type { AdmissionMeter } from './admission-meter.ts';
import type { AnswerRequest } from './answer-request.ts';
import type { FaultCode } from './error-answer.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { JsonBody } from './read-body.ts';
import type { ServerLogger } from './server-logger.ts';
import { DEFAULTS, parseTimeout, spendable } from './time-budget.ts';
import { createCutDeadline, createWaiting } from './wait-in-budget.ts';

/** Of a text by the caller, how much a log line shows. */
const SHOWN_CHARACTERS = 32;

/** The longest name that Kubernetes allows (DNS subdomain, RFC 1123). */
const NAME_CHARACTERS = 253;

const DEFAULT_BUDGET = spendable(DEFAULTS.timeoutMilliseconds);

/** The API server sends the same `?timeout=` with every request of a webhook: it is parsed once. */
function createDeadlineReader(logger: ServerLogger): (query: unknown) => Deadline {
  let last: { readonly text: string; readonly budget: number } | null = null;
  const warnOfTimeout = throttledWarn(logger, 'time-out is no duration; 10s taken');
  return (query) => {
    const text = (query as Readonly<Record<string, unknown>>)['timeout'];
    if (text === undefined) return createDeadline(DEFAULT_BUDGET);
    if (text === last?.text) return createDeadline(last.budget);
    const timeout = typeof text === 'string' ? parseTimeout(text) : null;
    if (timeout === null) {
      warnOfTimeout({ timeout: shorten(JSON.stringify(text)) });
      return createDeadline(DEFAULT_BUDGET);
    }
    last = { text: text as string, budget: spendable(timeout) };
    return createDeadline(last.budget);
  };
}

/** Anybody who reaches the port writes these texts, and a log is read on a terminal. */
function shorten(text: string, most = SHOWN_CHARACTERS): string {
  return stripControlCharacters(text.slice(0, most));
}

function describeRequest({ uid, kind, operation, namespace, name }: AdmissionRequest): object {
  const texts = { uid, kind: kind.kind, operation, namespace, name };
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, shorten(text, NAME_CHARACTERS)]),
  );
}

function fault(request: AdmissionRequest, cause: unknown, logger: ServerLogger): AppError<FaultCode> {
  logger.error({ err: cause, ...describeRequest(request) }, 'admission failed');
  const why = cause instanceof AppError ? cause.message : 'a fault inside wasmgate';
  return new AppError<FaultCode>('internal-fault', `Cannot judge request "${request.uid}": ${why}`, {
    cause,
    advice: 'The log of wasmgate has the whole story under this uid; failurePolicy decides about the object.',
  });
}

/**
 * Past Fastify's own way of sending, which looks for hooks, schemas, streams and compression that no admission has: a
 * fifteenth of what a warm admission takes.
 */
function send(reply: FastifyReply, text: string): void {
  reply.hijack();
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  reply.raw.writeHead(200, headers).end(text);
}

interface HandlerParts {
  readonly logger: ServerLogger;
  /** Of the Pods whose admission waits. */
  readonly waiting: MemoryBudget;
  readonly meter?: AdmissionMeter | undefined;
}

/** The handler of one webhook. Nothing is logged, and no timer is started, for an ordinary admission. */
export function createAdmissionHandler(
  answerRequest: AnswerRequest,
  { logger, waiting, meter }: HandlerParts,
): RouteHandlerMethod {
  const readDeadline = createDeadlineReader(logger);
  const wait = createWaiting(waiting, logger);
  return (httpRequest, reply) => {
    const started = performance.now();
    const body = httpRequest.body as JsonBody | undefined;
    const request = parseReview(body?.value);
    const deadline = readDeadline(httpRequest.query);
    const write = (answer: Answer): void => {
      if (logger.isLevelEnabled('debug')) {
        logger.debug({ ...describeRequest(request), answer: answer.kind }, 'admission answered');
      }
      send(reply, writeReview(request.uid, answer));
      meter?.(answer.kind, performance.now() - started);
    };
    const fail = (error: unknown): never => {
      meter?.('fault', performance.now() - started);
      throw fault(request, error, logger);
    };
    try {
      const limited = createCutDeadline(deadline);
      const answering = answerRequest(request, limited);
      if (!(answering instanceof Promise)) return write(answering);
      // The text, the rest of the review: only the Pod is kept, by those that wait for it.
      httpRequest.body = null;
      return wait(answering, { owner: request.namespace, bytes: body?.weigh() ?? 0, cut: limited.cut })
        .then(write)
        .catch(fail);
    } catch (error) {
      return fail(error);
    }
  };
}
