import type { Readable } from 'node:stream';
import { createKubernetesError } from './kubernetes-error.ts';

/** Everything a stream holds, as text, up to a cap. */
export async function readStream(stream: Readable, maxBytes: number, action: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(action, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const NEWLINE = 0x0a;

/** The lines of a stream as they come. A line that the stream's end cuts off is an error, not a line. */
export async function* readLines(stream: Readable, maxBytes: number, action: string): AsyncGenerator<string> {
  let pending: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      pending.push(chunk.subarray(start, end));
      yield Buffer.concat(pending).toString('utf8');
      pending = [];
      bytes = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    pending.push(chunk.subarray(start));
    bytes += chunk.length - start;
    if (bytes > maxBytes) throw tooLarge(action, maxBytes);
  }
  if (bytes > 0) {
    throw createKubernetesError(action, 'invalid-response', {
      state: 'the answer ended in the middle of a line',
    });
  }
}

function tooLarge(action: string, maxBytes: number): Error {
  return createKubernetesError(action, 'too-large', { state: `the answer is larger than ${maxBytes} bytes` });
}
