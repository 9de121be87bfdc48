import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { ReviewErrorCode } from '../admission/review.ts';
import { AppError, describeError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';

/** A request that wasmgate failed to answer: HTTP 500, so that the webhook's `failurePolicy` decides. */
export type FaultCode = 'internal-fault';

export type RequestErrorCode =
  | ReviewErrorCode
  | FaultCode
  | 'not-json'
  | 'too-many-bytes'
  | 'body-too-large'
  | 'bad-request';

/** The codes of failed requests. */
export const ERROR_CODES = [
  'not-json',
  'not-a-review',
  'wrong-review-version',
  'no-request',
  'no-uid',
  'internal-fault',
  'too-many-bytes',
  'body-too-large',
  'wrong-content-type',
  'bad-request',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** The JSON answer to a failed request. */
export interface ErrorAnswer<Code extends string = string> {
  readonly status: number;
  readonly code: Code;
  readonly message: string;
  readonly advice: string | null;
}

/** Memory for bodies is free again as soon as they have arrived. */
const RETRY_SECONDS = '1';

const STATUS: Readonly<Record<RequestErrorCode, number>> = {
  'not-json': 400,
  'not-a-review': 400,
  'wrong-review-version': 400,
  'no-request': 400,
  'no-uid': 400,
  'internal-fault': 500,
  'too-many-bytes': 503,
  'body-too-large': 413,
  'bad-request': 400,
};

/** wasmgate's messages for requests that Fastify rejects. */
const FASTIFY_ERRORS: Readonly<Record<string, Omit<ErrorAnswer<ErrorCode>, 'status'>>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'wrong-content-type',
    message: 'Cannot read body: its Content-Type is not application/json',
    advice: 'Send the AdmissionReview with Content-Type: application/json.',
  },
};

function fromAppError({ code, message, advice }: AppError): ErrorAnswer<ErrorCode> | null {
  if (!Object.hasOwn(STATUS, code)) return null;
  const own = code as RequestErrorCode;
  return { status: STATUS[own], code: own, message, advice };
}

function describe(error: FastifyError): ErrorAnswer<ErrorCode> {
  const own = error instanceof AppError ? fromAppError(error) : null;
  if (own !== null) return own;
  const status = error.statusCode ?? 500;
  const known = Object.hasOwn(FASTIFY_ERRORS, error.code) ? FASTIFY_ERRORS[error.code] : undefined;
  if (known !== undefined) return { status, ...known };
  if (status >= 400 && status < 500) {
    return { status, code: 'bad-request', message: `Cannot read request: ${error.message}`, advice: null };
  }
  return {
    status: 500,
    code: 'internal-fault',
    message: 'Cannot answer: a fault inside wasmgate',
    advice: 'The log of wasmgate has the details.',
  };
}

export function sendError(reply: FastifyReply, { status, ...answer }: ErrorAnswer): FastifyReply {
  if (status === 503) reply.header('retry-after', RETRY_SECONDS);
  return reply.code(status).header('content-type', 'application/json').send(JSON.stringify(answer));
}

/** Answers every failed request with a status, a code and a sentence that says what is wrong. */
export function createErrorHandler(logger: Logger, onError?: (code: ErrorCode) => void) {
  return (error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void => {
    const answer = describe(error);
    onError?.(answer.code);
    // The admission handler has logged its own faults, with the request.
    if (answer.status >= 500 && !(error instanceof AppError)) logger.error({ err: error }, 'request failed');
    else logger.debug({ code: answer.code, detail: describeError(error) }, 'request rejected');
    void sendError(reply, answer);
  };
}
