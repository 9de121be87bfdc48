import type { RequestListener, ServerResponse } from 'node:http';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { UnknownReason } from '../../src/detect/verdict.ts';
import type { LayerReadRequest } from '../../src/images/ports.ts';
import { digestOf } from '../support/image/image-facts.ts';
import { noiseOf } from '../support/lib/noise.ts';
import { fetchOptions, createTestClient, failureOf, imageAt } from '../support/registry/registry-client.ts';
import { startServer } from '../support/server/http-server.ts';

const KIB = 1024;

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function asLayer(blob: Uint8Array): LayerReadRequest<unknown>['layer'] {
  return { digest: digestOf(blob), size: blob.length };
}

function layerRequest(
  blob: Uint8Array,
  parts: Partial<LayerReadRequest<Buffer>> = {},
): LayerReadRequest<Buffer> {
  return { layer: asLayer(blob), maxBytes: 64 * KIB, maxInflatedBytes: 1024 * KIB, read: collect, ...parts };
}

/** Serves a blob with support for range requests. */
function serveRanges(blob: Uint8Array): RequestListener {
  return (request, response) => {
    const last = /^bytes=0-(\d+)$/.exec(request.headers.range ?? '')?.[1];
    if (last === undefined) return response.end(blob);
    const part = blob.subarray(0, Number(last) + 1);
    response.writeHead(206, { 'content-range': `bytes 0-${part.length - 1}/${blob.length}` });
    return response.end(part);
  };
}

const text = Buffer.from('a tar archive, '.repeat(2000));
const noise = noiseOf(300 * KIB);
const frames = Buffer.concat(
  [text.subarray(0, 100), text.subarray(100)].map((part) => zstdCompressSync(part)),
);

describe('the beginning of a layer', () => {
  test.for<[string, Buffer]>([
    ['uncompressed', text],
    ['gzip', gzipSync(text)],
    ['zstd', zstdCompressSync(text)],
    ['zstd in several frames', frames],
  ])('%s: a small layer is read whole', async ([, blob]) => {
    await using server = await startServer(serveRanges(blob));
    await using client = createTestClient([server]);
    expect(await client.readLayer(imageAt(server, 'a'), layerRequest(blob), fetchOptions())).toEqual(text);
  });

  test.for<[string, (blob: Buffer) => RequestListener]>([
    ['a registry that supports ranges', serveRanges],
    ['a registry that ignores ranges', (blob) => (_request, response) => response.end(blob)],
  ])('%s: no more than the limit is read', async ([, listener]) => {
    await using server = await startServer(listener(noise));
    await using client = createTestClient([server]);
    const head = await client.readLayer(imageAt(server, 'a'), layerRequest(noise), fetchOptions());
    expect(head).toEqual(noise.subarray(0, 64 * KIB));
  });

  test.for<[string, (data: Uint8Array) => Buffer]>([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('%s: a truncated layer is decompressed as far as possible', async ([, compress]) => {
    const blob = compress(noise);
    await using server = await startServer(serveRanges(blob));
    await using client = createTestClient([server]);
    const asked = layerRequest(blob, { maxBytes: 200 * KIB });
    const head = await client.readLayer(imageAt(server, 'a'), asked, fetchOptions());
    expect(head.length).toBeGreaterThan(100 * KIB);
    expect(head).toEqual(noise.subarray(0, head.length));
  });

  test('a Wasm layer is not decompressed, and its first eight bytes are enough', async () => {
    const seen: (string | undefined)[] = [];
    await using server = await startServer((request, response) => {
      seen.push(request.headers.range);
      serveRanges(noise)(request, response);
    });
    await using client = createTestClient([server]);
    const asked = layerRequest(noise, { maxBytes: 8, maxInflatedBytes: null });
    const head = await client.readLayer(imageAt(server, 'a'), asked, fetchOptions());
    expect(head).toEqual(noise.subarray(0, 8));
    expect(seen).toEqual(['bytes=0-7']);
  });

  test('the rest of a small layer is drained, so that the connection can be reused', async () => {
    const sockets = new Set<unknown>();
    await using server = await startServer((request, response) => {
      sockets.add(request.socket);
      response.end(text);
    });
    await using client = createTestClient([server], { limits: { connections: 1, discardBytes: 64 * KIB } });
    const first = async (bytes: AsyncIterable<Uint8Array>): Promise<Buffer> => {
      for await (const chunk of bytes) return Buffer.from(chunk.subarray(0, 1));
      return Buffer.of();
    };
    for (let round = 0; round < 3; round++) {
      const asked = layerRequest(text, { read: first });
      expect(await client.readLayer(imageAt(server, 'a'), asked, fetchOptions())).toEqual(Buffer.from('a'));
    }
    expect(sockets.size).toBe(1);
  });
});

/** Streams the chunk until the client disconnects, and counts the bytes written. */
function endless(chunk: Uint8Array): { readonly listener: RequestListener; readonly written: () => number } {
  let bytes = 0;
  const pour = (response: ServerResponse): void => {
    let isFree = true;
    while (isFree && !response.destroyed) {
      isFree = response.write(chunk);
      bytes += chunk.length;
    }
    if (!response.destroyed) response.once('drain', () => pour(response));
  };
  return { listener: (_request, response) => pour(response), written: () => bytes };
}

describe('a hostile registry', () => {
  test.for<[string, (data: Uint8Array) => Buffer]>([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('%s: a decompression bomb is stopped at the limit', async ([, compress]) => {
    const bomb = compress(Buffer.alloc(50 * KIB * KIB));
    await using server = await startServer(serveRanges(bomb));
    await using client = createTestClient([server]);
    let seen = 0;
    const read = async (bytes: AsyncIterable<Uint8Array>): Promise<Buffer> => {
      for await (const chunk of bytes) seen += chunk.length;
      return Buffer.of();
    };
    await client.readLayer(imageAt(server, 'a'), layerRequest(bomb, { read }), fetchOptions());
    expect(seen).toBe(KIB * KIB);
  });

  test('the download of an endless body stops at the limit', async () => {
    const { listener, written } = endless(Buffer.alloc(64 * KIB, 'x'));
    await using server = await startServer(listener);
    await using client = createTestClient([server]);
    const head = await client.readLayer(imageAt(server, 'a'), layerRequest(noise), fetchOptions());
    expect(head).toEqual(Buffer.alloc(64 * KIB, 'x'));
    // The server fills the socket buffers on both ends before the client disconnects.
    expect(written()).toBeLessThan(32 * KIB * KIB);
  });

  test.for<[string, Buffer, UnknownReason, RequestListener]>([
    ['other content', text, 'invalid', (_request, response) => response.end(Buffer.alloc(text.length))],
    [
      'more bytes than its descriptor states',
      text,
      'invalid',
      (_request, response) => response.end(Buffer.concat([text, text])),
    ],
    [
      'fewer bytes than its descriptor states',
      text,
      'invalid',
      (_request, response) => response.end(text.subarray(9)),
    ],
    [
      'another range',
      noise,
      'invalid',
      (_request, response) =>
        response.writeHead(206, { 'content-range': 'bytes 9-20/100' }).end('x'.repeat(12)),
    ],
    ['206 without Content-Range', noise, 'invalid', (_request, response) => response.writeHead(206).end('x')],
    ['416', noise, 'invalid', (_request, response) => response.writeHead(416).end()],
    ['404', noise, 'not-found', (_request, response) => response.writeHead(404).end()],
    ['403', noise, 'unauthorized', (_request, response) => response.writeHead(403).end()],
    ['500', noise, 'unreachable', (_request, response) => response.writeHead(500).end()],
    [
      'a redirect to a metadata service',
      noise,
      'denied-by-config',
      (_request, response) => response.writeHead(307, { location: 'http://169.254.169.254/latest' }).end(),
    ],
    [
      'a connection closed within the body',
      noise,
      'unreachable',
      (request, response) => response.write('x', () => request.socket.destroy()),
    ],
  ])('%s', async ([, blob, reason, listener]) => {
    await using server = await startServer(listener);
    await using client = createTestClient([server]);
    const error = await failureOf(client.readLayer(imageAt(server, 'a'), layerRequest(blob), fetchOptions()));
    expect(error.code).toBe(reason);
  });

  test.for<[string, Buffer]>([
    ['gzip', Buffer.concat([gzipSync(text).subarray(0, -8), Buffer.alloc(8, 0xff)])],
    ['zstd', Buffer.concat([zstdCompressSync(text), Buffer.alloc(200, 0xff)])],
  ])('%s: corrupt data is invalid', async ([, blob]) => {
    await using server = await startServer(serveRanges(blob));
    await using client = createTestClient([server]);
    const error = await failureOf(client.readLayer(imageAt(server, 'a'), layerRequest(blob), fetchOptions()));
    expect(error).toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('decompressed') as string,
    });
  });

  test('a stalled download times out', async () => {
    await using server = await startServer((_request, response) => response.writeHead(200).flushHeaders());
    await using client = createTestClient([server]);
    const options = { credentials: [], tenant: 'team-a', signal: AbortSignal.timeout(50) };
    const error = await failureOf(client.readLayer(imageAt(server, 'a'), layerRequest(noise), options));
    expect(error.code).toBe('timeout');
  });

  test('credentials are not sent to the storage behind a redirect', async () => {
    const seen: (string | undefined)[] = [];
    await using store = await startServer((request, response) => {
      seen.push(request.headers.authorization, request.headers.range);
      serveRanges(noise)(request, response);
    });
    await using server = await startServer((request, response) => {
      if (request.headers.authorization === undefined)
        return response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return response.writeHead(307, { location: `http://${store.host}/blob` }).end();
    });
    await using client = createTestClient([server, store]);
    const secret = { kind: 'basic', username: 'u', password: 'p' } as const;
    const credential = { server: server.host, secret, source: 'a test' };
    const head = await client.readLayer(imageAt(server, 'a'), layerRequest(noise), fetchOptions(credential));
    expect(head.length).toBe(64 * KIB);
    expect(seen).toEqual([undefined, 'bytes=0-65535']);
  });

  test('an error thrown by the reader is passed through', async () => {
    await using server = await startServer(serveRanges(text));
    await using client = createTestClient([server]);
    const read = (): Promise<Buffer> => Promise.reject(new Error('of the test'));
    await expect(
      client.readLayer(imageAt(server, 'a'), layerRequest(text, { read }), fetchOptions()),
    ).rejects.toThrow('of the test');
  });
});
