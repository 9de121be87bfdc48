import type { MemoryReservation } from '../images/ports.ts';
import { estimateJsonBytes } from '../lib/estimate-bytes.ts';
import { RegistryError } from './errors.ts';
import { headerOf, type HttpRequest, type HttpResponse } from './http-types.ts';

/** The body exceeds the lookup's memory reservation. The registry did not fail, so the request may be repeated. */
export class OutOfBudgetError extends Error {}

export interface BodyLimits {
  readonly cap: number;
  /** Reserved for the lookup that reads the body. */
  readonly memory?: MemoryReservation | undefined;
}

/** Reserves memory for the body, as far as its size is known. */
function createHold(memory: MemoryReservation | undefined) {
  let held = 0;
  return {
    upTo: (bytes: number): void => {
      const more = bytes - held;
      if (more <= 0) return;
      if (memory?.reserve(more) === false) throw new OutOfBudgetError();
      held = bytes;
    },
    drop: (): void => memory?.release(held),
  };
}

/**
 * @throws RegistryError `too-large` as soon as it is known, before more than `cap` bytes are held
 * @throws OutOfBudgetError likewise
 */
export async function readBody(
  response: HttpResponse,
  request: HttpRequest,
  { cap, memory }: BodyLimits,
): Promise<Uint8Array> {
  const tooLarge = (size: string): RegistryError =>
    new RegistryError('too-large', request.subject, {
      state: `${response.url.host} sends ${size} bytes, and wasmgate reads at most ${cap}`,
      status: response.status,
    });
  const hold = createHold(memory);
  try {
    const announced = Number(headerOf(response, 'content-length'));
    if (announced > cap) throw tooLarge(String(announced));
    hold.upTo(announced);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body) {
      bytes += chunk.byteLength;
      if (bytes > cap) throw tooLarge(`more than ${cap}`);
      hold.upTo(bytes);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, bytes);
  } catch (error) {
    hold.drop();
    await response.discard();
    throw error;
  }
}

/** Reads up to `cap` bytes of a body for an error message, and ignores read errors. */
export async function readSome(response: HttpResponse, cap: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes >= cap) break;
    }
  } catch {
    // The status alone is enough for the message.
  }
  return Buffer.concat(chunks).subarray(0, cap).toString('utf8');
}

/** Keeps a byte order mark, which JSON.parse then rejects, as other clients do. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses a JSON body.
 * @param memory reserved for the lookup: it covers the bytes already, and has to cover the parsed document, too
 * @throws RegistryError `invalid`, without quoting the bytes, which may hold a token
 * @throws OutOfBudgetError
 */
export function parseJsonBody(bytes: Uint8Array, request: HttpRequest, memory?: MemoryReservation): unknown {
  const invalid = (state: string): RegistryError =>
    new RegistryError('invalid', request.subject, { state: `${request.url.host} answers with ${state}` });
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw invalid('bytes that are not UTF-8');
  }
  if (memory?.reserve(estimateJsonBytes(text)) === false) {
    memory.release(bytes.byteLength);
    throw new OutOfBudgetError();
  }
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(/^\s*</.test(text) ? 'a web page instead of JSON' : 'text that is not JSON');
  }
}
