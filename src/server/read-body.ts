import type { FastifyContentTypeParser } from 'fastify';
import { AppError } from '../lib/errors.ts';
import { estimateJsonBytes } from '../lib/estimate-bytes.ts';
import type { MemoryBudget } from './memory-budget.ts';

/** A body that has arrived and is JSON. */
export interface JsonBody {
  readonly value: unknown;
  /** At most how many bytes of memory the value takes. */
  readonly weigh: () => number;
}

export interface ReadBodyOptions {
  readonly bodyLimit: number;
}

const BODY_WEIGHTS = {
  /** What Node keeps beside the bytes of each chunk; a sender of single bytes costs this and not one byte. */
  chunkBytes: 512,
  /**
   * One body at a time is parsed, and this is what it may then take of the 128 MiB of heap. The longest body of plain fields
   * takes a quarter of it; 3 MiB of `{}` would take 90 MiB.
   */
  parsedBytes: 32 * 1024 * 1024,
  /** A shorter body takes 1 MiB at the very most: it is not weighed before it is parsed, which would take as long again. */
  weighedBytes: 16 * 1024,
} as const;

function tooLong(): AppError<'body-too-large'> {
  const advice = 'Its object and oldObject are at most 3 MiB each.';
  return new AppError('body-too-large', 'Cannot read body: it is larger than any AdmissionReview', {
    advice,
  });
}

function tooMany(): AppError<'too-many-bytes'> {
  const advice = 'Send it again in a second.';
  return new AppError('too-many-bytes', 'Cannot read body: too many others are on their way', { advice });
}

function tooHeavy(): AppError<'body-too-large'> {
  const advice = 'No object that the API server stores has as many fields.';
  return new AppError('body-too-large', 'Cannot read body: parsed, it takes more memory than there is', {
    advice,
  });
}

function notJson(text: string, cause: unknown): AppError<'not-json'> {
  const state = text === '' ? 'it is empty' : 'it is not JSON';
  return new AppError('not-json', `Cannot read body: ${state}`, {
    cause,
    advice: 'Send an AdmissionReview as JSON.',
  });
}

/** JSON.parse and nothing else: no coercion, no schema; what of the body is read is checked where it is read. */
function parseBody(bytes: Buffer): JsonBody {
  const text = bytes.toString();
  const { length } = bytes;
  // V8 takes two bytes for each character of a string that Latin-1 does not have.
  const weigh = (): number => 2 * length + estimateJsonBytes(text);
  if (length >= BODY_WEIGHTS.weighedBytes && estimateJsonBytes(text) > BODY_WEIGHTS.parsedBytes)
    throw tooHeavy();
  try {
    return { value: JSON.parse(text), weigh };
  } catch (cause) {
    throw notJson(text, cause);
  }
}

/**
 * Reads bodies, in the place of Fastify's own reader, which counts nothing. A body takes room as its bytes arrive, not as they
 * are announced: who announces and does not send takes nothing from others. It gives the room back as soon as it is parsed.
 */
export function createBodyReader(
  budget: MemoryBudget,
  { bodyLimit }: ReadBodyOptions,
): FastifyContentTypeParser {
  return (request, payload, done) => {
    if (Number(request.headers['content-length'] ?? 0) > bodyLimit) return done(tooLong());
    const lease = budget.lease(request.raw.socket.remoteAddress ?? '');
    const chunks: Buffer[] = [];
    let length = 0;

    function finish(error: Error | null): void {
      payload.off('data', onData).off('end', onEnd).off('error', finish).off('close', onClose);
      lease.release();
      if (error !== null) return done(error);
      try {
        const [only] = chunks;
        // A usual body is one chunk: to copy it would make as much garbage again.
        done(
          null,
          parseBody(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length)),
        );
      } catch (fault) {
        done(fault as Error);
      }
    }

    function onData(chunk: Buffer): void {
      length += chunk.length;
      chunks.push(chunk);
      if (length > bodyLimit) finish(tooLong());
      else if (!lease.resize(length + chunks.length * BODY_WEIGHTS.chunkBytes)) finish(tooMany());
    }

    const onEnd = (): void => finish(null);
    const onClose = (): void => finish(new AppError('bad-request', 'Cannot read body: it was cut off'));
    payload.on('data', onData).on('end', onEnd).on('error', finish).on('close', onClose);
  };
}
