import type { LayerReadRequest, RegistryPort } from '../images/ports.ts';
import { readHead, type HeadOptions } from '../lib/read-head.ts';
import { errorFromResponse } from './error-from-response.ts';
import { RegistryError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { headerOf, type HttpRequest, type HttpResponse } from './http-types.ts';

interface LayersDeps {
  readonly exchange: Exchange;
  readonly now: () => number;
}

type Layer = LayerReadRequest<unknown>['layer'];

/** Yields up to `cap` bytes and leaves the source open, so that the rest can be drained. */
async function* takeBytes(source: AsyncIterable<Uint8Array>, cap: number): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  for (let left = cap; left > 0;) {
    const { value, done } = await iterator.next();
    if (done === true) return;
    yield value.subarray(0, left);
    left -= value.byteLength;
  }
}

/** Returns the errors of a layer whose bytes are not what its digest promises. */
function faultsOf(layer: Layer, request: HttpRequest): HeadOptions['faults'] {
  const invalid = (state: string): RegistryError => new RegistryError('invalid', request.subject, { state });
  return {
    mismatch: (actual) =>
      invalid(`${request.url.host} sends a layer with digest ${actual} instead of ${layer.digest}`),
    broken: (why) => invalid(`layer ${layer.digest} cannot be decompressed: ${why}`),
  };
}

/** Some servers and caches ignore ranges and send the whole layer with 200; its rest is not read. */
async function checkResponse(response: HttpResponse, request: HttpRequest, now: number): Promise<void> {
  if (response.status === 200) return;
  if (response.status !== 206) throw await errorFromResponse(response, request, now);
  if (headerOf(response, 'content-range').startsWith('bytes 0-')) return;
  await response.discard();
  throw new RegistryError('invalid', request.subject, {
    state: `${response.url.host} sends a different part of a layer than requested`,
    status: response.status,
  });
}

/** Reads heads of layers (OCI distribution spec 1.1, "Pulling blobs": a registry should support Range). */
export function createReadLayer({ exchange, now }: LayersDeps): RegistryPort['readLayer'] {
  return (reference, { layer, maxBytes, maxInflatedBytes, read }, options) => {
    const isWhole = layer.size <= maxBytes;
    const headers: Readonly<Record<string, string>> = isWhole ? {} : { range: `bytes=0-${maxBytes - 1}` };
    const path = `blobs/${layer.digest}`;
    const query = { reference, method: 'GET', path, isByTag: false, headers, options } as const;
    return exchange(query, async (response, request) => {
      await checkResponse(response, request, now());
      const head = takeBytes(response.body, isWhole ? layer.size + 1 : maxBytes);
      const digest = isWhole ? layer.digest : null;
      try {
        return await read(readHead(head, { digest, maxInflatedBytes, faults: faultsOf(layer, request) }));
      } finally {
        await response.discard();
      }
    });
  };
}
