import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { AppError } from '../errors.ts';
import { parsedWeight } from '../json-weight.ts';

export interface BytesInFlightOptions {
  /** Of all bodies together. */
  readonly most: number;
  /** Of one body; a longer one is refused by its length alone. */
  readonly bodyLimit: number;
}

export interface BytesInFlight {
  /**
   * Refuses a body for which there is no room beside those that are read or judged at the moment: whoever reaches the port
   * could otherwise fill the memory by many connections that send slowly.
   */
  readonly onRequest: onRequestHookHandler;
  /**
   * Takes room for what a body becomes when it is parsed.
   * @throws AppError `too-many-bytes`, `body-too-large`
   */
  readonly addParsed: (request: FastifyRequest, body: string) => void;
}

const DEFAULTS = {
  /**
   * The usual body is some 10 KiB long, and to look it through would take a quarter of the time that its judgement takes. An
   * API server has a few hundred requests under way, and what is shorter than this takes half a MiB at the very most.
   */
  weighedCharacters: 16 * 1024,
} as const;

/** What a body may take. One that does not tell its length may take as much as any; Go's client always tells it. */
function bytesOf(headers: IncomingHttpHeaders, bodyLimit: number): number {
  if (headers['transfer-encoding'] !== undefined) return bodyLimit;
  const announced = Number(headers['content-length'] ?? 0);
  return announced <= bodyLimit ? announced : 0;
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

export function createBytesInFlight({ most, bodyLimit }: BytesInFlightOptions): BytesInFlight {
  let inFlight = 0;
  const parsed = new WeakMap<IncomingMessage, number>();
  return {
    onRequest: (request, reply, done) => {
      const { raw } = request;
      const bytes = bytesOf(request.headers, bodyLimit);
      if (inFlight + bytes > most) {
        // What is left of the body is not waited for.
        void reply.header('retry-after', '1').header('connection', 'close');
        done(tooMany());
        return;
      }
      inFlight += bytes;
      reply.raw.on('close', () => {
        inFlight -= bytes + (parsed.get(raw) ?? 0);
      });
      done();
    },
    addParsed: ({ raw }, body) => {
      if (body.length < DEFAULTS.weighedCharacters) return;
      const bytes = parsedWeight(body);
      if (bytes > most) throw tooHeavy();
      if (inFlight + bytes > most) throw tooMany();
      inFlight += bytes;
      parsed.set(raw, bytes);
    },
  };
}
