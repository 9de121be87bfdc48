import type { ReadingRoom } from '../images/ports.ts';
import { estimateJsonBytes } from '../lib/estimate-bytes.ts';
import { RegistryError } from './errors.ts';
import type { HttpRequest } from './http-types.ts';
import { OutOfRoomError } from './read-body.ts';

/** A byte order mark is kept, and then refused by JSON.parse, as other clients do. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * @param room of the look-up, which holds the bytes already, and has to hold what they become
 * @throws RegistryError `invalid`; the bytes are not quoted, as a token may be among them
 * @throws OutOfRoomError
 */
export function parseJsonBody(bytes: Uint8Array, request: HttpRequest, room?: ReadingRoom): unknown {
  const invalid = (state: string): RegistryError =>
    new RegistryError('invalid', request.subject, { state: `${request.url.host} answers with ${state}` });
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw invalid('what is not UTF-8');
  }
  if (room?.take(estimateJsonBytes(text)) === false) {
    room.giveBack(bytes.byteLength);
    throw new OutOfRoomError();
  }
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(/^\s*</.test(text) ? 'a web page instead of JSON' : 'what is not JSON');
  }
}
