import { RegistryError } from './errors.ts';
import { headerOf, type HttpRequest, type HttpResponse } from './http-types.ts';

/** @throws RegistryError `too-large` as soon as it is known, before more than `cap` bytes are held */
export async function readBody(
  response: HttpResponse,
  request: HttpRequest,
  cap: number,
): Promise<Uint8Array> {
  const tooLarge = (size: string): RegistryError =>
    new RegistryError('too-large', request.subject, {
      state: `${response.url.host} sends ${size} bytes where at most ${cap} are read`,
      status: response.status,
    });
  const announced = Number(headerOf(response, 'content-length'));
  if (announced > cap) {
    await response.discard();
    throw tooLarge(String(announced));
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > cap) throw tooLarge(`more than ${cap}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
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
