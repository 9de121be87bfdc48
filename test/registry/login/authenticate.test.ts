import { describe, expect, test } from 'vitest';
import { OCI_MANIFEST } from '../../../src/image/media-types.ts';
import { digestOf } from '../../support/image/image-facts.ts';
import {
  fetchOptions,
  createTestClient,
  credentialFor,
  failureOf,
  imageAt,
} from '../../support/registry/registry-client.ts';
import { startRegistry, type RegistryOptions, type TestRegistry } from '../../support/registry/registry.ts';
import { startServer } from '../../support/server/http-server.ts';

const good = { kind: 'basic', username: 'joe', password: 'pass:word' } as const;
const bad = { kind: 'basic', username: 'joe', password: 'wrong' } as const;
const manifest = { bytes: Buffer.from('{"schemaVersion":2}'), mediaType: OCI_MANIFEST };

function startPrivate(options: RegistryOptions): Promise<TestRegistry> {
  return startRegistry({
    images: (store) => {
      store.putManifest('team/app', 'latest', manifest);
      store.putManifest('team/other', 'latest', manifest);
    },
    users: { joe: 'pass:word' },
    ...options,
  });
}

const MANIFEST = '/v2/team/app/manifests/latest';

describe('credentials that answer a challenge', () => {
  test.for([
    {
      name: 'basic authentication',
      options: { auth: 'basic' },
      secret: good,
      lines: [`GET ${MANIFEST} none`, `GET ${MANIFEST} basic`],
    },
    {
      name: 'a password is exchanged for a token',
      options: { auth: 'bearer' },
      secret: good,
      lines: [`GET ${MANIFEST} none`, 'GET /token basic', `GET ${MANIFEST} bearer`],
    },
    {
      name: 'a token in access_token, without expiry',
      options: { auth: 'bearer', tokenField: 'access_token', expiresIn: null },
      secret: good,
      lines: [`GET ${MANIFEST} none`, 'GET /token basic', `GET ${MANIFEST} bearer`],
    },
    {
      name: 'an identity token is exchanged for a token',
      options: { auth: 'bearer', identityTokens: ['refresh'] },
      secret: { kind: 'identity-token', token: 'refresh' },
      lines: [`GET ${MANIFEST} none`, 'POST /token none', `GET ${MANIFEST} bearer`],
    },
    {
      name: 'a registry token is sent as it is',
      options: { auth: 'bearer', registryTokens: ['as-it-stands'] },
      secret: { kind: 'registry-token', token: 'as-it-stands' },
      lines: [`GET ${MANIFEST} none`, `GET ${MANIFEST} bearer`],
    },
    {
      name: 'an anonymous token',
      options: { auth: 'bearer', anonymousPull: true },
      secret: null,
      lines: [`GET ${MANIFEST} none`, 'GET /token none', `GET ${MANIFEST} bearer`],
    },
  ] as const)('$name', async ({ options, secret, lines }) => {
    await using registry = await startPrivate(options);
    await using client = createTestClient([registry]);
    const credentials = secret === null ? [] : [credentialFor(registry, secret)];
    const image = imageAt(registry, 'team/app');
    await client.fetchManifest(image, fetchOptions(...credentials));
    expect(registry.lines()).toEqual(lines);
    await client.fetchManifest(image, fetchOptions(...credentials));
    expect(registry.lines()).toEqual([...lines, lines.at(-1)]);
  });

  test('the token request contains the service and scope of the challenge', async () => {
    await using registry = await startPrivate({ auth: 'bearer', anonymousPull: true });
    await using client = createTestClient([registry]);
    await client.fetchManifest(imageAt(registry, 'team/app'), fetchOptions());
    const asked = registry.log.find(({ path }) => path === '/token');
    expect([...(asked?.query ?? [])]).toEqual([
      ['service', 'test'],
      ['scope', 'repository:team/app:pull'],
    ]);
  });

  test('without a challenge, no credentials are sent', async () => {
    await using registry = await startPrivate({ auth: 'none' });
    await using client = createTestClient([registry]);
    await client.fetchManifest(imageAt(registry, 'team/app'), fetchOptions(credentialFor(registry, good)));
    expect(registry.lines()).toEqual([`GET ${MANIFEST} none`]);
  });

  test('credentials for another registry are not tried', async () => {
    await using registry = await startPrivate({ auth: 'basic' });
    await using client = createTestClient([registry]);
    const foreign = { ...credentialFor(registry, good), server: 'ghcr.io' };
    expect(
      (await failureOf(client.fetchManifest(imageAt(registry, 'team/app'), fetchOptions(foreign)))).code,
    ).toBe('unauthorized');
    expect(registry.lines()).toEqual([`GET ${MANIFEST} none`]);
  });
});

const two = { kind: 'basic', username: 'two', password: 'two' } as const;

/** Describes a registry that accepts both users, but answers `status` to the first one, as if the image did not exist. */
function hideFromFirstUser(auth: 'basic' | 'bearer', status: number): RegistryOptions {
  const tokens = new Set<string>();
  return {
    auth,
    users: { joe: 'pass:word', two: 'two' },
    faults: (handler) => (request, response) => {
      const { authorization = '' } = request.headers;
      const isJoe = Buffer.from(authorization.slice('Basic '.length), 'base64').toString().startsWith('joe');
      if (request.url?.startsWith('/token') === true && isJoe) {
        response.setHeader('content-type', 'application/json');
        const end = response.end.bind(response);
        response.end = ((body: string) => {
          tokens.add(`Bearer ${(JSON.parse(body) as { token: string }).token}`);
          return end(body);
        }) as typeof response.end;
      }
      const isHidden = auth === 'basic' ? isJoe : tokens.has(authorization);
      if (isHidden) response.writeHead(status).end();
      else handler(request, response);
    },
  };
}

describe('several credentials', () => {
  test.for(['basic', 'bearer'] as const)(
    'credentials are tried in order, and those that work are used again: %s',
    async (auth) => {
      await using registry = await startPrivate({ auth });
      await using client = createTestClient([registry]);
      const credentials = [
        credentialFor(registry, bad, 'secret a/one'),
        credentialFor(registry, good, 'secret a/two'),
      ];
      const image = imageAt(registry, 'team/app');
      await client.fetchManifest(image, fetchOptions(...credentials));
      const before = registry.log.length;
      await client.fetchManifest(image, fetchOptions(...credentials));
      expect(registry.log.length - before).toBe(1);
    },
  );

  test('anonymous access is tried last', async () => {
    await using registry = await startPrivate({ auth: 'bearer', anonymousPull: true });
    await using client = createTestClient([registry]);
    await client.fetchManifest(imageAt(registry, 'team/app'), fetchOptions(credentialFor(registry, bad)));
    expect(registry.lines()).toEqual([
      `GET ${MANIFEST} none`,
      'GET /token basic',
      'GET /token none',
      `GET ${MANIFEST} bearer`,
    ]);
  });

  test('after credentials without permission to pull (403), the next ones are tried', async () => {
    const joe = `Basic ${Buffer.from('joe:wrong').toString('base64')}`;
    await using registry = await startPrivate({
      auth: 'basic',
      faults: (handler) => (request, response) => {
        if (request.headers.authorization === joe) response.writeHead(403).end();
        else handler(request, response);
      },
    });
    await using client = createTestClient([registry]);
    const credentials = [credentialFor(registry, bad, 'one'), credentialFor(registry, good, 'two')];
    const { digest } = await client.fetchManifest(
      imageAt(registry, 'team/app'),
      fetchOptions(...credentials),
    );
    expect(digest).toBe(digestOf(manifest.bytes));
  });

  test.for([
    { auth: 'basic', status: 404 },
    { auth: 'basic', status: 400 },
    { auth: 'bearer', status: 404 },
    { auth: 'bearer', status: 403 },
  ] as const)(
    'after credentials that do not see the image ($auth, $status), the next ones are tried and used again',
    async ({ auth, status }) => {
      await using registry = await startPrivate(hideFromFirstUser(auth, status));
      await using client = createTestClient([registry]);
      const credentials = [credentialFor(registry, good, 'one'), credentialFor(registry, two, 'two')];
      const image = imageAt(registry, 'team/app');
      await client.fetchManifest(image, fetchOptions(...credentials));
      const before = registry.log.length;
      await client.fetchManifest(image, fetchOptions(...credentials));
      expect(registry.log.length - before).toBe(1);
    },
  );

  test('cached credentials that do not see the image do not end the search', async () => {
    await using registry = await startPrivate(hideFromFirstUser('basic', 404));
    await using client = createTestClient([registry]);
    const image = imageAt(registry, 'team/app');
    const first = credentialFor(registry, good, 'one');
    expect((await failureOf(client.fetchManifest(image, fetchOptions(first)))).code).toBe('not-found');
    const { digest } = await client.fetchManifest(
      image,
      fetchOptions(first, credentialFor(registry, two, 'two')),
    );
    expect(digest).toBe(digestOf(manifest.bytes));
  });

  test.for(['basic', 'bearer'] as const)(
    'a missing image is not found, even if other credentials are rejected: %s',
    async (auth) => {
      await using registry = await startPrivate({ auth });
      await using client = createTestClient([registry]);
      const image = imageAt(registry, 'team/app:2');
      const wrong = credentialFor(registry, bad, 'two');
      const options = fetchOptions(credentialFor(registry, good, 'one'), wrong);
      const error = await failureOf(client.fetchManifest(image, options));
      expect(error).toMatchObject({ code: 'not-found', status: 404 });
      expect(error.advice).not.toContain('rejected');
    },
  );

  test('if all credentials are rejected, the error names them without their secrets', async () => {
    await using registry = await startPrivate({ auth: 'bearer' });
    await using client = createTestClient([registry]);
    const error = await failureOf(
      client.fetchManifest(
        imageAt(registry, 'team/app'),
        fetchOptions(credentialFor(registry, bad, 'secret a/one')),
      ),
    );
    expect(error).toMatchObject({ code: 'unauthorized', status: 401, repository: 'team/app' });
    expect(error.advice).toContain('secret a/one');
    expect(`${error.message} ${error.advice ?? ''}`).not.toContain(bad.password);
  });

  test('without credentials, the error suggests imagePullSecrets', async () => {
    await using registry = await startPrivate({ auth: 'bearer' });
    await using client = createTestClient([registry]);
    const error = await failureOf(client.fetchManifest(imageAt(registry, 'team/app'), fetchOptions()));
    expect(error.code).toBe('unauthorized');
    expect(error.advice).toContain('imagePullSecrets');
  });
});

describe('scope of a cached login', () => {
  test('a request without the credentials does not use it', async () => {
    await using registry = await startPrivate({ auth: 'bearer' });
    await using client = createTestClient([registry]);
    const image = imageAt(registry, 'team/app');
    await client.fetchManifest(image, fetchOptions(credentialFor(registry, good)));
    expect((await failureOf(client.fetchManifest(image, fetchOptions()))).code).toBe('unauthorized');
  });

  test('a changed password does not use it', async () => {
    await using registry = await startPrivate({ auth: 'basic' });
    await using client = createTestClient([registry]);
    const image = imageAt(registry, 'team/app');
    await client.fetchManifest(image, fetchOptions(credentialFor(registry, good)));
    const changed = fetchOptions(credentialFor(registry, bad));
    expect((await failureOf(client.fetchManifest(image, changed))).code).toBe('unauthorized');
  });

  test('another repository gets its own token', async () => {
    await using registry = await startPrivate({ auth: 'bearer' });
    await using client = createTestClient([registry]);
    const options = fetchOptions(credentialFor(registry, good));
    await client.fetchManifest(imageAt(registry, 'team/app'), options);
    await client.fetchManifest(imageAt(registry, 'team/other'), options);
    expect(registry.lines().filter((line) => line.includes('/token'))).toHaveLength(2);
  });
});

describe('lifetime of a token', () => {
  test('a token is used until shortly before it expires', async () => {
    await using registry = await startPrivate({ auth: 'bearer', expiresIn: 100 });
    let now = 0;
    await using client = createTestClient([registry], {}, { now: () => now });
    const fetch = () =>
      client.fetchManifest(imageAt(registry, 'team/app'), fetchOptions(credentialFor(registry, good)));
    const tokens = () => registry.lines().filter((line) => line.includes('/token')).length;
    await fetch();
    now = 89_000;
    await fetch();
    expect(tokens()).toBe(1);
    now = 90_000;
    await fetch();
    expect(tokens()).toBe(2);
  });

  test('a token without expires_in is used for a minute', async () => {
    await using registry = await startPrivate({ auth: 'bearer', expiresIn: null });
    let now = 0;
    await using client = createTestClient([registry], {}, { now: () => now });
    const fetch = () =>
      client.fetchManifest(imageAt(registry, 'team/app'), fetchOptions(credentialFor(registry, good)));
    await fetch();
    now = 53_000;
    await fetch();
    now = 54_000;
    await fetch();
    expect(registry.lines().filter((line) => line.includes('/token'))).toHaveLength(2);
  });

  test('a revoked token is replaced', async () => {
    let revoked = false;
    await using registry = await startPrivate({
      auth: 'bearer',
      faults: (handler) => (request, response) => {
        if (revoked && request.headers.authorization?.startsWith('Bearer') === true) {
          revoked = false;
          response.writeHead(401).end();
        } else handler(request, response);
      },
    });
    await using client = createTestClient([registry]);
    const fetch = () =>
      client.fetchManifest(imageAt(registry, 'team/app'), fetchOptions(credentialFor(registry, good)));
    await fetch();
    revoked = true;
    await fetch();
    expect(registry.lines().filter((line) => line.includes('/token'))).toHaveLength(2);
  });
});

test('concurrent lookups share one token request, and a timeout of the first does not affect the second', async () => {
  const { promise: asked, resolve: markRequested } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await using registry = await startPrivate({
    auth: 'bearer',
    faults: (handler) => async (request, response) => {
      if (request.url?.startsWith('/token') === true) {
        markRequested();
        await released;
      }
      handler(request, response);
    },
  });
  const { promise: bothChallenged, resolve: resolveBothChallenged } = Promise.withResolvers<void>();
  const challenges: number[] = [];
  await using client = createTestClient([registry], {
    onRequest: ({ status }) => {
      if (status === 401 && challenges.push(status) === 2) resolveBothChallenged();
    },
  });
  const credential = credentialFor(registry, good);
  const first = new AbortController();
  const image = imageAt(registry, 'team/app');
  const firstLookup = failureOf(
    client.fetchManifest(image, { credentials: [credential], tenant: 'team-a', signal: first.signal }),
  );
  await asked;
  const secondLookup = client.fetchManifest(image, fetchOptions(credential));
  // The second lookup has received its 401 and waits for the same token from the next event loop turn on.
  await bothChallenged;
  await new Promise(setImmediate);
  first.abort();
  expect((await firstLookup).code).toBe('timeout');
  release();
  await secondLookup;
  expect(registry.lines().filter((line) => line.includes('/token'))).toHaveLength(1);
});

describe('challenges that are rejected', () => {
  test.for([
    { name: 'an unsupported scheme', challenge: 'Negotiate', code: 'unsupported' },
    { name: 'no challenge', challenge: '', code: 'unauthorized' },
    { name: 'bearer without a realm', challenge: 'Bearer service="x"', code: 'invalid' },
    {
      name: 'a plain HTTP realm on another host',
      challenge: 'Bearer realm="http://auth.test/"',
      code: 'denied-by-config',
    },
    {
      name: 'a realm at the metadata address',
      challenge: 'Bearer realm="https://169.254.169.254/"',
      code: 'denied-by-config',
    },
    {
      name: 'a realm at the IPv4-mapped metadata address',
      challenge: 'Bearer realm="https://[::ffff:a9fe:a9fe]/"',
      code: 'denied-by-config',
    },
    {
      name: 'a realm with credentials',
      challenge: 'Bearer realm="https://a:b@auth.test/"',
      code: 'denied-by-config',
    },
  ])('$name: $code', async ({ challenge, code }) => {
    await using server = await startServer((_request, response) => {
      response.writeHead(401, challenge === '' ? {} : { 'www-authenticate': challenge }).end();
    });
    await using client = createTestClient([server]);
    const options = fetchOptions(credentialFor(server, good));
    expect((await failureOf(client.fetchManifest(imageAt(server, 'a'), options))).code).toBe(code);
  });

  test('of several challenges, bearer is preferred over basic', async () => {
    await using registry = await startPrivate({
      auth: 'bearer',
      faults: (handler) => (request, response) => {
        const write = response.writeHead.bind(response);
        response.writeHead = ((status: number, headers: Record<string, string>) => {
          const bearer = headers['www-authenticate'];
          const both =
            bearer === undefined ? headers : { ...headers, 'www-authenticate': ['Basic realm="x"', bearer] };
          return write(status, both);
        }) as typeof response.writeHead;
        handler(request, response);
      },
    });
    await using client = createTestClient([registry]);
    await client.fetchManifest(imageAt(registry, 'team/app'), fetchOptions(credentialFor(registry, good)));
    expect(registry.lines().at(-1)).toBe(`GET ${MANIFEST} bearer`);
  });
});

describe('faulty responses of the token server', () => {
  const cases: readonly { name: string; status?: number; body: string; code: string }[] = [
    { name: 'no token', body: '{}', code: 'invalid' },
    { name: 'an empty token', body: '{"token":""}', code: 'invalid' },
    { name: 'a number as the token', body: '{"token":7}', code: 'invalid' },
    { name: 'a token with a line break', body: JSON.stringify({ token: 'a\r\nx: y' }), code: 'invalid' },
    { name: 'a list', body: '["token"]', code: 'invalid' },
    { name: 'a web page', body: '<html></html>', code: 'invalid' },
    { name: 'an oversized token', body: JSON.stringify({ token: 'x'.repeat(70_000) }), code: 'too-large' },
    { name: '400', status: 400, body: '', code: 'unauthorized' },
    { name: '500', status: 500, body: '', code: 'unreachable' },
    { name: '429', status: 429, body: '', code: 'rate-limited' },
  ];
  test.for(cases)('$name: $code', async ({ status = 200, body, code }) => {
    await using registry = await startPrivate({
      auth: 'bearer',
      faults: (handler) => (request, response) => {
        if (request.url?.startsWith('/token') === true) response.writeHead(status).end(body);
        else handler(request, response);
      },
    });
    await using client = createTestClient([registry]);
    const options = fetchOptions(credentialFor(registry, good));
    expect((await failureOf(client.fetchManifest(imageAt(registry, 'team/app'), options))).code).toBe(code);
  });

  test('an expires_in that is a string is ignored', async () => {
    let now = 0;
    await using registry = await startPrivate({
      auth: 'bearer',
      registryTokens: ['fixed'],
      faults: (handler) => (request, response) => {
        if (request.url?.startsWith('/token') === true) response.end('{"token":"fixed","expires_in":"9999"}');
        else handler(request, response);
      },
    });
    await using client = createTestClient([registry], {}, { now: () => now });
    const fetch = () => client.fetchManifest(imageAt(registry, 'team/app'), fetchOptions());
    await fetch();
    now = 60_000;
    await fetch();
    expect(registry.lines().filter((line) => line.includes('/token'))).toHaveLength(2);
  });
});
