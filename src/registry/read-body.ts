import type { MemoryReservation } from '../images/ports.ts';
import { estimateJsonBytes } from '../lib/estimate-bytes.ts';
import { RegistryError } from './errors.ts';
import { headerOf, type HttpRequest, type HttpResponse } from './http-types.ts';

/** What is sent does not fit into the reader's memory: no fault of the registry's, which may be asked again. */
export class OutOfBudgetError extends Error {}

export interface BodyLimits {
  readonly cap: number;
  /** Of the look-up that the body is read for. */
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
      state: `${response.url.host} sends ${size} bytes where at most ${cap} are read`,
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

/** As much of the body as `cap` allows, for error texts; what goes wrong on the way does not matter any more. */
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
    // The status says enough.
  }
  return Buffer.concat(chunks).subarray(0, cap).toString('utf8');
}

/** A byte order mark is kept, and then refused by JSON.parse, as other clients do. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * @param memory reserved for the lookup: it covers the bytes already, and has to cover the parsed document, too
 * @throws RegistryError `invalid`; the bytes are not quoted, as a token may be among them
 * @throws OutOfBudgetError
 */
export function parseJsonBody(bytes: Uint8Array, request: HttpRequest, memory?: MemoryReservation): unknown {
  const invalid = (state: string): RegistryError =>
    new RegistryError('invalid', request.subject, { state: `${request.url.host} answers with ${state}` });
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw invalid('what is not UTF-8');
  }
  if (memory?.reserve(estimateJsonBytes(text)) === false) {
    memory.release(bytes.byteLength);
    throw new OutOfBudgetError();
  }
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(/^\s*</.test(text) ? 'a web page instead of JSON' : 'what is not JSON');
  }
}
