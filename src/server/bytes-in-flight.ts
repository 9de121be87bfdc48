import type { IncomingHttpHeaders } from 'node:http';
import type { onRequestHookHandler } from 'fastify';
import { AppError } from '../errors.ts';

export interface BytesInFlightOptions {
  /** Of all bodies together. */
  readonly most: number;
  /** Of one body; a longer one is refused by its length alone. */
  readonly bodyLimit: number;
}

/** What a body may take. One that does not tell its length may take as much as any; Go's client always tells it. */
function bytesOf(headers: IncomingHttpHeaders, bodyLimit: number): number {
  if (headers['transfer-encoding'] !== undefined) return bodyLimit;
  const announced = Number(headers['content-length'] ?? 0);
  return announced <= bodyLimit ? announced : 0;
}

/**
 * Refuses a body for which there is no room beside those that are read or judged at the moment: whoever reaches the port
 * could otherwise fill the memory by many connections that send slowly.
 */
export function createBytesInFlight({ most, bodyLimit }: BytesInFlightOptions): onRequestHookHandler {
  let inFlight = 0;
  return (request, reply, done) => {
    const bytes = bytesOf(request.headers, bodyLimit);
    if (inFlight + bytes > most) {
      // What is left of the body is not waited for.
      void reply.header('retry-after', '1').header('connection', 'close');
      const advice = 'Send it again in a second.';
      done(new AppError('too-many-bytes', 'Cannot read body: too many others are on their way', { advice }));
      return;
    }
    inFlight += bytes;
    reply.raw.on('close', () => {
      inFlight -= bytes;
    });
    done();
  };
}
