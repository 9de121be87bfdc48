import type { FastifyReply, RouteHandlerMethod } from 'fastify';
import { writeReview, type Answer } from '../admission/response.ts';
import { parseReview, type AdmissionRequest } from '../admission/review.ts';
import { AppError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { FaultCode } from './error-answer.ts';
import { boundLogText } from './log-text.ts';
import { createWaiting, type MemoryBudget } from './memory-budget.ts';
import type { JsonBody } from './read-body.ts';
import { createCutDeadline, createDeadlineReader } from './time-budget.ts';
import type { Webhook } from './webhooks.ts';

/** The outcome of an admission; `fault` is HTTP 500, after which `failurePolicy` decides. */
export const ADMISSION_OUTCOMES = ['allowed', 'patched', 'denied', 'fault'] as const;
export type AdmissionOutcome = Answer['kind'] | 'fault';

/** Counts the answers of one webhook. It runs for every request, so it must cost next to nothing. */
export type AdmissionMeter = (outcome: AdmissionOutcome, milliseconds: number) => void;

/** A logger that reports whether a level is enabled, so that the hot path builds no line that is not written. */
export interface ServerLogger extends Logger {
  readonly isLevelEnabled: (level: 'debug' | 'info') => boolean;
}

function describeRequest({ uid, kind, operation, namespace, name }: AdmissionRequest): object {
  const texts = { uid, kind: kind.kind, operation, namespace, name };
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, boundLogText(text)]));
}

function fault(request: AdmissionRequest, cause: unknown, logger: ServerLogger): AppError<FaultCode> {
  logger.error({ err: cause, ...describeRequest(request) }, 'admission failed');
  const why = cause instanceof AppError ? cause.message : 'a fault inside wasmgate';
  return new AppError<FaultCode>('internal-fault', `Cannot judge request "${request.uid}": ${why}`, {
    cause,
    advice: 'The log of wasmgate has the details under this uid; failurePolicy decides about the object.',
  });
}

/**
 * Bypasses Fastify's own reply, which looks for hooks, schemas, streams and compression that no admission has: that takes a
 * fifteenth of a warm admission.
 */
function send(reply: FastifyReply, text: string): void {
  reply.hijack();
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  reply.raw.writeHead(200, headers).end(text);
}

interface HandlerParts {
  readonly logger: ServerLogger;
  /** Budget for Pods whose admission waits. */
  readonly waiting: MemoryBudget;
  readonly meter?: AdmissionMeter | undefined;
}

/** Creates the handler of one webhook. An ordinary admission logs nothing and starts no timer. */
export function createAdmissionHandler(
  webhook: Webhook,
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
      const answering = webhook(request, limited, started);
      if (!(answering instanceof Promise)) return write(answering);
      // Frees the text and the rest of the review: a waiting admission needs only the Pod.
      httpRequest.body = null;
      return wait(answering, {
        owner: request.namespace,
        bytes: body?.estimateBytes() ?? 0,
        cut: limited.cut,
      })
        .then(write)
        .catch(fail);
    } catch (error) {
      return fail(error);
    }
  };
}
