import type { RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { UnknownReason } from '../../src/detect/verdict.ts';
import { OCI_MANIFEST } from '../../src/image/media-types.ts';
import { parseReference } from '../../src/image/reference.ts';
import type { Resolve } from '../../src/registry/connection/guarded-connector.ts';
import { digestOf } from '../support/image/image-facts.ts';
import { fetchOptions, createTestClient, failureOf, imageAt } from '../support/registry/registry-client.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { startServer } from '../support/server/http-server.ts';

const document = Buffer.from('{"schemaVersion":2}');
const headers = { 'content-type': OCI_MANIFEST };

function endless(response: ServerResponse): void {
  const write = (): void => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536, ' ')));
    if (!response.destroyed) response.once('drain', write);
  };
  write();
}

interface Fault {
  readonly name: string;
  readonly reason: UnknownReason;
  /** Requests that reach the server. */
  readonly tries: number;
  readonly answer: RequestListener;
}

const FAULTS: readonly Fault[] = [
  {
    name: 'connection closed at once',
    reason: 'unreachable',
    tries: 3,
    answer: (request) => request.socket.destroy(),
  },
  {
    name: 'connection closed after the headers',
    reason: 'unreachable',
    tries: 3,
    answer: (request, response) => {
      response.writeHead(200, headers).flushHeaders();
      setImmediate(() => request.socket.destroy());
    },
  },
  {
    name: 'connection closed within the body',
    reason: 'unreachable',
    tries: 3,
    answer: (request, response) => {
      response.writeHead(200, { ...headers, 'content-length': 1000 });
      response.write('{', () => request.socket.destroy());
    },
  },
  {
    name: '500',
    reason: 'unreachable',
    tries: 3,
    answer: (_request, response) => response.writeHead(500).end(),
  },
  {
    name: '503',
    reason: 'unreachable',
    tries: 3,
    answer: (_request, response) => response.writeHead(503).end(),
  },
  {
    name: '429',
    reason: 'rate-limited',
    tries: 3,
    answer: (_request, response) => response.writeHead(429).end(),
  },
  {
    name: '429 for an hour',
    reason: 'rate-limited',
    tries: 1,
    answer: (_request, response) => response.writeHead(429, { 'retry-after': '3600' }).end(),
  },
  {
    name: '403',
    reason: 'unauthorized',
    tries: 1,
    answer: (_request, response) => response.writeHead(403).end(),
  },
  {
    name: '404',
    reason: 'not-found',
    tries: 1,
    answer: (_request, response) => response.writeHead(404).end(),
  },
  {
    name: '406',
    reason: 'unsupported',
    tries: 1,
    answer: (_request, response) => response.writeHead(406).end(),
  },
  { name: '418', reason: 'invalid', tries: 1, answer: (_request, response) => response.writeHead(418).end() },
  { name: '204', reason: 'invalid', tries: 1, answer: (_request, response) => response.writeHead(204).end() },
  {
    name: '200 with a web page',
    reason: 'invalid',
    tries: 1,
    answer: (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>login</html>'),
  },
  { name: '200 without a body', reason: 'invalid', tries: 1, answer: (_request, response) => response.end() },
  {
    name: 'a truncated document',
    reason: 'invalid',
    tries: 1,
    answer: (_request, response) => response.end('{"a":'),
  },
  {
    name: 'bytes that are not UTF-8',
    reason: 'invalid',
    tries: 1,
    answer: (_request, response) => response.end(Buffer.from([0x22, 0xff, 0xfe, 0x22])),
  },
  {
    name: 'a byte order mark',
    reason: 'invalid',
    tries: 1,
    answer: (_request, response) => response.end('\uFEFF{}'),
  },
  {
    name: 'an endless body',
    reason: 'too-large',
    tries: 1,
    answer: (_request, response) => endless(response),
  },
  {
    name: 'a large Content-Length',
    reason: 'too-large',
    tries: 1,
    answer: (_request, response) => {
      response.writeHead(200, { ...headers, 'content-length': 5_000_000 });
      endless(response);
    },
  },
  {
    name: 'an oversized header',
    reason: 'too-large',
    tries: 1,
    answer: (_request, response) => response.writeHead(200, { 'x-long': 'x'.repeat(20_000) }).end(document),
  },
  {
    name: 'an endless error body',
    reason: 'not-found',
    tries: 1,
    answer: (_request, response) => {
      response.writeHead(404);
      endless(response);
    },
  },
  {
    name: 'a malformed error body',
    reason: 'not-found',
    tries: 1,
    answer: (_request, response) => response.writeHead(404).end('{"errors":[null]}'),
  },
];

describe('a faulty registry', () => {
  test.for(FAULTS)('$name: $reason, requests: $tries', async ({ answer, reason, tries }) => {
    let asked = 0;
    let healthy = false;
    await using server = await startServer((request, response) => {
      asked++;
      if (healthy) response.writeHead(200, headers).end(document);
      else answer(request, response);
    });
    let now = 0;
    await using client = createTestClient([server], {}, { now: () => now });
    const error = await failureOf(client.fetchManifest(imageAt(server, 'a'), fetchOptions()));
    expect({ code: error.code, asked }).toEqual({ code: reason, asked: tries });
    expect(error).toMatchObject({ registry: server.host, repository: 'a' });
    expect(error.message).toMatch(/^Cannot read image "127\.0\.0\.1:\d+\/a:latest": /);
    expect(error.advice).not.toBeNull();
    healthy = true;
    now = 3_600_000;
    expect(await client.fetchManifest(imageAt(server, 'a'), fetchOptions())).toMatchObject({
      digest: digestOf(document),
    });
  });

  test('a response that is not HTTP is invalid', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9\r\n'));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as { port: number };
    const host = `127.0.0.1:${port}`;
    await using client = createTestClient([{ host }]);
    const error = await failureOf(client.fetchManifest(imageAt({ host }, 'a'), fetchOptions()));
    server.close();
    expect(error.code).toBe('invalid');
  });

  test('deeply nested JSON is parsed or rejected', async () => {
    const deep = `${'['.repeat(500_000)}${']'.repeat(500_000)}`;
    await using server = await startServer((_request, response) => response.end(deep));
    await using client = createTestClient([server]);
    const outcome = await client.fetchManifest(imageAt(server, 'a'), fetchOptions()).then(
      () => 'read',
      (error: { code: string }) => error.code,
    );
    expect(['read', 'invalid']).toContain(outcome);
  });

  test('a registry that never responds times out', async () => {
    await using server = await startServer(() => undefined);
    await using client = createTestClient([server]);
    const options = { credentials: [], tenant: 'team-a', signal: AbortSignal.timeout(50) };
    expect((await failureOf(client.fetchManifest(imageAt(server, 'a'), options))).code).toBe('timeout');
  });

  test('a response that trickles without end times out', async () => {
    await using server = await startServer((request, response) => {
      const timer = setInterval(() => response.write(' '), 5);
      request.socket.once('close', () => clearInterval(timer));
    });
    await using client = createTestClient([server]);
    const options = { credentials: [], tenant: 'team-a', signal: AbortSignal.timeout(50) };
    expect((await failureOf(client.fetchManifest(imageAt(server, 'a'), options))).code).toBe('timeout');
  });

  test('a stalled response times out even if the caller has no deadline', async () => {
    await using server = await startServer((_request, response) => {
      response.writeHead(200, headers).flushHeaders();
    });
    await using client = createTestClient([server], { limits: { silenceMs: 100 } });
    const options = { credentials: [], tenant: 'team-a', signal: new AbortController().signal };
    expect((await failureOf(client.fetchManifest(imageAt(server, 'a'), options))).code).toBe('timeout');
  });

  test('a port without a listener is unreachable', async () => {
    const server = await startServer(() => undefined);
    await server.close();
    await using client = createTestClient([server]);
    expect((await failureOf(client.fetchManifest(imageAt(server, 'a'), fetchOptions()))).code).toBe(
      'unreachable',
    );
  });
});

test('a lookup with an expired deadline sends no request', async () => {
  await using registry = await startRegistry();
  await using client = createTestClient([registry]);
  const options = { credentials: [], tenant: 'team-a', signal: AbortSignal.abort() };
  expect((await failureOf(client.fetchManifest(imageAt(registry, 'a'), options))).code).toBe('timeout');
  expect(registry.log).toHaveLength(0);
});

test('a config whose descriptor exceeds the size limit is not requested', async () => {
  await using registry = await startRegistry();
  await using client = createTestClient([registry]);
  const blob = { digest: `sha256:${'0'.repeat(64)}`, size: 5_000_000 } as const;
  expect((await failureOf(client.fetchJsonBlob(imageAt(registry, 'a'), blob, fetchOptions()))).code).toBe(
    'too-large',
  );
  expect(registry.log).toHaveLength(0);
});

describe('retry', () => {
  test('a transient failure is retried with increasing delays', async () => {
    let asked = 0;
    await using server = await startServer((_request, response) => {
      asked++;
      if (asked < 3) response.writeHead(503).end();
      else response.end(document);
    });
    const waits: number[] = [];
    await using client = createTestClient(
      [server],
      {},
      { sleep: async (milliseconds) => void waits.push(milliseconds), random: () => 1 },
    );
    await client.fetchManifest(imageAt(server, 'a'), fetchOptions());
    expect({ asked, waits }).toEqual({ asked: 3, waits: [100, 200] });
  });

  test('a deadline that expires between attempts reports the last failure', async () => {
    await using server = await startServer((_request, response) => {
      response.writeHead(503).end();
    });
    await using client = createTestClient(
      [server],
      {},
      { sleep: () => Promise.reject(new Error('time is up')) },
    );
    const error = await failureOf(client.fetchManifest(imageAt(server, 'a'), fetchOptions()));
    expect(error).toMatchObject({ code: 'unreachable', status: 503 });
  });
});

describe('a registry that rate-limits', () => {
  test('no request is sent until Retry-After has elapsed', async () => {
    let asked = 0;
    await using server = await startServer((_request, response) => {
      asked++;
      response.writeHead(429, { 'retry-after': '30' }).end();
    });
    let now = 1000;
    await using client = createTestClient([server], {}, { now: () => now });
    const fetch = async (name: string) =>
      failureOf(client.fetchManifest(imageAt(server, name), fetchOptions()));
    await fetch('a');
    const error = await fetch('b');
    expect(error).toMatchObject({ code: 'rate-limited', repository: 'b' });
    expect(error.message).toContain('limits requests; wasmgate retries in 30 s');
    expect(asked).toBe(1);
    now += 30_000;
    await fetch('c');
    expect(asked).toBe(2);
  });

  test('another registry is not affected', async () => {
    await using limited = await startServer((_request, response) => {
      response.writeHead(429, { 'retry-after': '30' }).end();
    });
    await using other = await startServer((_request, response) => response.end(document));
    await using client = createTestClient([limited, other]);
    await failureOf(client.fetchManifest(imageAt(limited, 'a'), fetchOptions()));
    expect(await client.fetchManifest(imageAt(other, 'a'), fetchOptions())).toMatchObject({
      digest: digestOf(document),
    });
  });
});

const serveDocument: RequestListener = (_request, response) => response.end(document);

function resolveTo(...addresses: readonly string[]): Resolve {
  return (_hostname, callback) => {
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
}

const findNothing: Resolve = (_hostname, callback) => {
  callback(Object.assign(new Error('getaddrinfo ENOTFOUND none.test'), { code: 'ENOTFOUND' }), []);
};

describe('addresses', () => {
  test.for([
    '127.0.0.1:1',
    'localhost:1',
    '[::1]:1',
    '[::ffff:127.0.0.1]:1',
    '169.254.169.254',
    '[fd00:ec2::254]',
  ])('%s is denied', async (host) => {
    await using client = createTestClient([], { allowAddresses: [] });
    const image = { ...parseReference('r.test/a'), registry: host };
    const error = await failureOf(client.fetchManifest(image, fetchOptions()));
    expect(error.code).toBe('denied-by-config');
    expect(error.advice).toMatch(/allowAddresses.*mirror.*skipImages/);
  });

  test.for(['127.0.0.1', 'localhost'])(
    '%s is reached over plain HTTP if loopback is allowed',
    async (name) => {
      await using server = await startServer(serveDocument);
      await using client = createTestClient([], { allowAddresses: [], allowLoopback: true });
      const image = parseReference(`${name}:${server.port}/a`);
      expect(await client.fetchManifest(image, fetchOptions())).toMatchObject({ digest: digestOf(document) });
    },
  );

  test.for(['169.254.169.254', '127.0.0.2', '::1', '::ffff:127.0.0.2', '0.0.0.0'])(
    'a name that resolves to %s is denied',
    async (address) => {
      await using client = createTestClient([], {}, { resolve: resolveTo(address) });
      const error = await failureOf(client.fetchManifest(parseReference('rebound.test/a'), fetchOptions()));
      expect(error.code).toBe('denied-by-config');
    },
  );

  test('a name is checked at every connection, which prevents DNS rebinding', async () => {
    await using server = await startServer((_request, response) => {
      response.setHeader('connection', 'close');
      response.end(document);
    });
    const answers = ['127.0.0.1', '169.254.169.254'];
    const resolve: Resolve = (hostname, callback) => resolveTo(answers.shift() ?? '')(hostname, callback);
    const host = `rebound.test:${server.port}`;
    await using client = createTestClient([{ host }], {}, { resolve });
    const image = parseReference(`${host}/a`);
    expect(await client.fetchManifest(image, fetchOptions())).toMatchObject({ digest: digestOf(document) });
    expect((await failureOf(client.fetchManifest(image, fetchOptions()))).code).toBe('denied-by-config');
  });

  test('a name with an allowed and a denied address is reached at the allowed one', async () => {
    await using server = await startServer(serveDocument);
    const host = `two.test:${server.port}`;
    await using client = createTestClient([{ host }], {}, { resolve: resolveTo('169.254.1.1', '127.0.0.1') });
    expect(await client.fetchManifest(parseReference(`${host}/a`), fetchOptions())).toMatchObject({
      digest: digestOf(document),
    });
  });

  test('a name that does not resolve is unreachable', async () => {
    await using client = createTestClient([], {}, { resolve: findNothing });
    const error = await failureOf(client.fetchManifest(parseReference('none.test/a'), fetchOptions()));
    expect(error.code).toBe('unreachable');
    // Node's own text repeats the name.
    expect(error.message).toMatch(/: none\.test: its name has no address$/);
  });
});
