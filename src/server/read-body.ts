import type { FastifyContentTypeParser } from 'fastify';
import { AppError } from '../lib/errors.ts';
import { estimateJsonBytes } from '../lib/estimate-bytes.ts';
import { createYieldingQueue } from '../lib/yielding-queue.ts';
import type { MemoryBudget } from './memory-budget.ts';

/** A parsed JSON body. */
export interface JsonBody {
  readonly value: unknown;
  /** Returns an upper bound on the memory that the value takes, in bytes. */
  readonly estimateBytes: () => number;
}

export interface ReadBodyOptions {
  readonly bodyLimit: number;
}

const BODY_LIMITS = {
  /** Node's memory for each chunk beside its bytes: a sender of single bytes costs this much for each. */
  chunkBytes: 512,
  /**
   * The part of the 128 MiB of heap that the one body being parsed may take. The longest body of plain fields takes a quarter of
   * it; 3 MiB of `{}` would take 90 MiB.
   */
  parsedBytes: 32 * 1024 * 1024,
  /** A shorter body takes at most 1 MiB parsed, so it is not estimated first, which would take as long as parsing it. */
  estimatedBytes: 16 * 1024,
  /** Shorter bodies are parsed and judged at once, in a fraction of a millisecond. Most Pods are shorter. */
  queuedBytes: 8 * 1024,
  /** Milliseconds in one turn of the event loop for longer bodies. Without a limit, 400 that arrive together take 400. */
  turnMilliseconds: 20,
} as const;

function tooLong(): AppError<'body-too-large'> {
  const advice = 'An object and an oldObject are at most 3 MiB each.';
  return new AppError('body-too-large', 'Cannot read body: it is larger than any AdmissionReview', {
    advice,
  });
}

function tooMany(): AppError<'too-many-bytes'> {
  const advice = 'Send it again in a second.';
  return new AppError('too-many-bytes', 'Cannot read body: too many other bodies are arriving', { advice });
}

function tooHeavy(): AppError<'body-too-large'> {
  const advice = 'No object that the API server stores has so many fields.';
  return new AppError('body-too-large', 'Cannot read body: parsed, it would take too much memory', {
    advice,
  });
}

function cutOff(): AppError<'bad-request'> {
  return new AppError('bad-request', 'Cannot read body: it was cut off');
}

function notJson(text: string, cause: unknown): AppError<'not-json'> {
  const state = text === '' ? 'it is empty' : 'it is not JSON';
  return new AppError('not-json', `Cannot read body: ${state}`, {
    cause,
    advice: 'Send an AdmissionReview as JSON.',
  });
}

/** Parses without coercion or schema: the code checks the fields that it reads. */
function parseBody(bytes: Buffer): JsonBody {
  const text = bytes.toString();
  const { length } = bytes;
  // V8 takes two bytes for each character of a string that is not all Latin-1.
  const estimateBytes = (): number => 2 * length + estimateJsonBytes(text);
  if (length >= BODY_LIMITS.estimatedBytes && estimateJsonBytes(text) > BODY_LIMITS.parsedBytes)
    throw tooHeavy();
  try {
    return { value: JSON.parse(text), estimateBytes };
  } catch (cause) {
    throw notJson(text, cause);
  }
}

/**
 * Reads bodies within a memory budget, which Fastify's own reader does not. A body takes memory as its bytes arrive, not as its
 * sender announces them, and returns it as soon as it is parsed.
 */
export function createBodyReader(
  budget: MemoryBudget,
  { bodyLimit }: ReadBodyOptions,
): FastifyContentTypeParser {
  const enqueue = createYieldingQueue(BODY_LIMITS.turnMilliseconds);
  return (request, payload, done) => {
    if (Number(request.headers['content-length'] ?? 0) > bodyLimit) return done(tooLong());
    const lease = budget.lease(request.raw.socket.remoteAddress ?? '');
    const chunks: Buffer[] = [];
    let length = 0;

    function stopListening(): void {
      payload.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onCut);
    }

    function fail(error: Error): void {
      stopListening();
      lease.release();
      done(error);
    }

    function parse(): void {
      lease.release();
      try {
        const [only] = chunks;
        // A usual body is one chunk; copying it would double the garbage.
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
      if (length > bodyLimit) fail(tooLong());
      else if (!lease.resize(length + chunks.length * BODY_LIMITS.chunkBytes)) fail(tooMany());
    }

    function onEnd(): void {
      stopListening();
      if (length < BODY_LIMITS.queuedBytes) parse();
      else enqueue(parse);
    }

    // A sender that disconnects is an error of the stream first, and no fault of wasmgate.
    const onCut = (): void => fail(cutOff());
    payload.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut);
  };
}
