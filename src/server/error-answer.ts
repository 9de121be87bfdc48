import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { ReviewErrorCode } from '../admission/review.ts';
import { AppError, describeError } from '../errors.ts';
import type { FaultCode } from './admission-route.ts';
import type { ServerLogger } from './server-logger.ts';

export type RequestErrorCode = ReviewErrorCode | FaultCode | 'not-json' | 'too-many-bytes';

/** What the answer to a failed request holds, as JSON. */
export interface ErrorAnswer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly advice: string | null;
}

const STATUS: Readonly<Record<RequestErrorCode, number>> = {
  'not-json': 400,
  'not-a-review': 400,
  'wrong-review-version': 400,
  'no-request': 400,
  'no-uid': 400,
  'internal-fault': 500,
  'too-many-bytes': 503,
};

/** What Fastify refuses before we are asked, in our words. */
const FASTIFY_ERRORS: Readonly<Record<string, Pick<ErrorAnswer, 'code' | 'message' | 'advice'>>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'body-too-large',
    message: 'Cannot read body: larger than 7 MiB',
    advice: 'No AdmissionReview is: object and oldObject are at most 3 MiB each.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'wrong-content-type',
    message: 'Cannot read body: its Content-Type is not application/json',
    advice: 'Send the AdmissionReview with Content-Type: application/json.',
  },
};

function fromAppError({ code, message, advice }: AppError): ErrorAnswer | null {
  return Object.hasOwn(STATUS, code)
    ? { status: STATUS[code as RequestErrorCode], code, message, advice }
    : null;
}

function describe(error: FastifyError): ErrorAnswer {
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
    advice: 'The log of wasmgate has the whole story.',
  };
}

export function sendError(reply: FastifyReply, { status, ...answer }: ErrorAnswer): FastifyReply {
  return reply.code(status).header('content-type', 'application/json').send(JSON.stringify(answer));
}

/** Every failed request ends here: a status, a code and a sentence that says what is wrong. */
export function createErrorHandler(logger: ServerLogger) {
  return (error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void => {
    const answer = describe(error);
    // An admission's own fault is in the log already, with the request that met it.
    if (answer.status >= 500 && !(error instanceof AppError)) logger.error({ err: error }, 'request failed');
    else logger.debug({ code: answer.code, detail: describeError(error) }, 'request refused');
    void sendError(reply, answer);
  };
}
