import type { RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import { OCI_MANIFEST } from '../../src/image/media-types.ts';
import { followRedirects } from '../../src/registry/redirects.ts';
import { digestOf } from '../support/image/image-facts.ts';
import {
  fetchOptions,
  createTestClient,
  credentialFor,
  failureOf,
  imageAt,
} from '../support/registry/registry-client.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { startServer } from '../support/server/http-server.ts';

const good = { kind: 'basic', username: 'joe', password: 'pass' } as const;
const manifest = { bytes: Buffer.from('{"schemaVersion":2}'), mediaType: OCI_MANIFEST };

/** Starts a registry that requires a token and redirects every authorized request. */
function startRedirectingRegistry(location: () => string, status = 307) {
  return startRegistry({
    auth: 'bearer',
    users: { joe: 'pass' },
    faults: (handler: RequestListener): RequestListener => {
      return (request, response) => {
        const isAsked = request.headers.authorization?.startsWith('Bearer') === true;
        if (isAsked) response.writeHead(status, { location: location() }).end('moved');
        else handler(request, response);
      };
    },
  });
}

describe('a redirect to another host', () => {
  test.for([301, 302, 303, 307, 308])('%d is followed without the token', async (status) => {
    await using storage = await startRegistry();
    storage.store.putManifest('kept/here', 'x', manifest);
    await using registry = await startRedirectingRegistry(
      () => `http://${storage.host}/v2/kept/here/manifests/x?sig=1`,
      status,
    );
    await using client = createTestClient([registry, storage]);
    const options = fetchOptions(credentialFor(registry, good));
    const { digest } = await client.fetchManifest(imageAt(registry, 'a'), options);
    expect(digest).toBe(digestOf(manifest.bytes));
    expect(storage.lines()).toEqual(['GET /v2/kept/here/manifests/x none']);
  });

  test('the token is not sent even if a second redirect leads back to the registry', async () => {
    const back = '/v2/back/manifests/x';
    await using registry = await startRegistry({
      auth: 'basic',
      users: { joe: 'pass' },
      faults: (handler) => (request, response) => {
        if (request.url === back) response.end(manifest.bytes);
        else if (request.headers.authorization === undefined) handler(request, response);
        else response.writeHead(307, { location: `http://${storage.host}/away` }).end();
      },
    });
    await using storage = await startServer((_request, response) => {
      response.writeHead(307, { location: `http://${registry.host}${back}` }).end();
    });
    await using client = createTestClient([registry, storage]);
    await client.fetchManifest(imageAt(registry, 'a'), fetchOptions(credentialFor(registry, good)));
    expect(registry.lines().at(-1)).toBe(`GET ${back} none`);
  });

  test('a target that requires a login gets no credentials', async () => {
    const seen: (string | undefined)[] = [];
    await using evil = await startServer((request, response) => {
      seen.push(request.headers.authorization);
      const realm = `http://${evil.host}/token`;
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end();
    });
    await using registry = await startServer((_request, response) => {
      response.writeHead(307, { location: `http://${evil.host}/x` }).end();
    });
    await using client = createTestClient([registry, evil]);
    const options = fetchOptions(credentialFor(registry, good));
    expect((await failureOf(client.fetchManifest(imageAt(registry, 'a'), options))).code).toBe(
      'unauthorized',
    );
    expect(seen).toEqual([undefined]);
  });
});

test('a redirect on the same host keeps the credentials', async () => {
  const moved = '/v2/moved/manifests/latest';
  await using registry = await startRegistry({
    auth: 'basic',
    users: { joe: 'pass' },
    faults: (handler) => (request, response) => {
      if (request.url === moved || request.headers.authorization === undefined) handler(request, response);
      else response.writeHead(308, { location: moved }).end();
    },
  });
  registry.store.putManifest('moved', 'latest', manifest);
  await using client = createTestClient([registry]);
  await client.fetchManifest(imageAt(registry, 'a'), fetchOptions(credentialFor(registry, good)));
  expect(registry.lines().at(-1)).toBe(`GET ${moved} basic`);
});

describe('redirects that are not followed', () => {
  test.for([
    { name: 'a loop', location: '/v2/a/manifests/latest', code: 'invalid' },
    { name: 'a missing Location', location: '', code: 'invalid' },
    { name: 'a malformed Location', location: 'http://[', code: 'invalid' },
    { name: 'another scheme', location: 'file:///etc/passwd', code: 'invalid' },
    { name: 'credentials in the URL', location: 'http://a:b@127.0.0.1/', code: 'invalid' },
    { name: 'the metadata address', location: 'http://169.254.169.254/latest/', code: 'denied-by-config' },
    {
      name: 'the metadata address as a decimal number',
      location: 'http://2852039166/',
      code: 'denied-by-config',
    },
    {
      name: 'the metadata address mapped to IPv6',
      location: 'http://[::ffff:169.254.169.254]/',
      code: 'denied-by-config',
    },
    { name: 'another loopback address', location: 'http://127.0.0.2/', code: 'denied-by-config' },
    { name: 'the unspecified address', location: 'http://0.0.0.0/', code: 'denied-by-config' },
  ])('$name: $code', async ({ location, code }) => {
    await using server = await startServer((_request, response) => {
      response.writeHead(302, location === '' ? {} : { location }).end();
    });
    await using client = createTestClient([server]);
    expect((await failureOf(client.fetchManifest(imageAt(server, 'a'), fetchOptions()))).code).toBe(code);
  });

  test('a loop stops after five redirects', async () => {
    let requests = 0;
    await using server = await startServer((_request, response) => {
      requests++;
      response.writeHead(302, { location: `/${requests}` }).end();
    });
    await using client = createTestClient([server]);
    await failureOf(client.fetchManifest(imageAt(server, 'a'), fetchOptions()));
    expect(requests).toBe(6);
  });

  test('a POST, because its body is secret', async () => {
    let reached = false;
    await using evil = await startServer((_request, response) => {
      reached = true;
      response.end('{"token":"x"}');
    });
    await using registry = await startRegistry({
      auth: 'bearer',
      faults: (handler) => (request, response) => {
        if (request.method === 'POST') response.writeHead(307, { location: `http://${evil.host}/` }).end();
        else handler(request, response);
      },
    });
    await using client = createTestClient([registry, evil]);
    const options = fetchOptions(credentialFor(registry, { kind: 'identity-token', token: 'refresh' }));
    expect((await failureOf(client.fetchManifest(imageAt(registry, 'a'), options))).code).toBe('invalid');
    expect(reached).toBe(false);
  });
});

test.for([
  { allowed: 'r.test:80', code: null },
  { allowed: 'r.test', code: null },
  { allowed: 'r.test:8080', code: 'denied-by-config' },
])('from https to http://r.test:80, with $allowed in plainHttp: $code', async ({ allowed, code }) => {
  const asked: string[] = [];
  const send = followRedirects(
    async ({ url }) => {
      asked.push(url.href);
      const headers = asked.length === 1 ? { location: 'http://r.test:80/x' } : {};
      const status = asked.length === 1 ? 307 : 200;
      return {
        status,
        headers,
        url,
        isElsewhere: false,
        body: (async function* () {})(),
        discard: async () => undefined,
      };
    },
    { redirects: 1, plainHttp: [allowed] },
  );
  const subject = { registry: 'r.test', repository: 'a', reference: 'r.test/a:latest' };
  const request = { method: 'GET', url: new URL('https://r.test/a'), headers: {}, tls: null } as const;
  const work = send({ ...request, tenant: 'team-a', subject, signal: AbortSignal.timeout(10_000) });
  if (code === null) expect((await work).status).toBe(200);
  else expect((await failureOf(work)).code).toBe(code);
});
