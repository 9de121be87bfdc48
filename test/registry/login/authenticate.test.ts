import { describe, expect, test } from 'vitest';
import { OCI_MANIFEST } from '../../../src/image/media-types.ts';
import { digestOf } from '../../support/image/image-facts.ts';
import {
  asking,
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

describe('a login is used where it is asked for', () => {
  test.for([
    {
      name: 'plain basic',
      options: { auth: 'basic' },
      secret: good,
      lines: [`GET ${MANIFEST} none`, `GET ${MANIFEST} basic`],
    },
    {
      name: 'a token for a password',
      options: { auth: 'bearer' },
      secret: good,
      lines: [`GET ${MANIFEST} none`, 'GET /token basic', `GET ${MANIFEST} bearer`],
    },
    {
      name: 'a token called access_token, without expiry',
      options: { auth: 'bearer', tokenField: 'access_token', expiresIn: null },
      secret: good,
      lines: [`GET ${MANIFEST} none`, 'GET /token basic', `GET ${MANIFEST} bearer`],
    },
    {
      name: 'a token for an identity token',
      options: { auth: 'bearer', identityTokens: ['refresh'] },
      secret: { kind: 'identity-token', token: 'refresh' },
      lines: [`GET ${MANIFEST} none`, 'POST /token none', `GET ${MANIFEST} bearer`],
    },
    {
      name: 'a registry token as it stands',
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
    await client.fetchManifest(image, asking(...credentials));
    expect(registry.lines()).toEqual(lines);
    await client.fetchManifest(image, asking(...credentials));
    expect(registry.lines()).toEqual([...lines, lines.at(-1)]);
  });

  test('service and scope of the challenge go to the token server', async () => {
    await using registry = await startPrivate({ auth: 'bearer', anonymousPull: true });
    await using client = createTestClient([registry]);
    await client.fetchManifest(imageAt(registry, 'team/app'), asking());
    const asked = registry.log.find(({ path }) => path === '/token');
    expect([...(asked?.query ?? [])]).toEqual([
      ['service', 'test'],
      ['scope', 'repository:team/app:pull'],
    ]);
  });

  test('nothing is sent where nothing is asked for', async () => {
    await using registry = await startPrivate({ auth: 'none' });
    await using client = createTestClient([registry]);
    await client.fetchManifest(imageAt(registry, 'team/app'), asking(credentialFor(registry, good)));
    expect(registry.lines()).toEqual([`GET ${MANIFEST} none`]);
  });

  test('credentials for other registries are not even tried', async () => {
    await using registry = await startPrivate({ auth: 'basic' });
    await using client = createTestClient([registry]);
    const foreign = { ...credentialFor(registry, good), server: 'ghcr.io' };
    expect((await failureOf(client.fetchManifest(imageAt(registry, 'team/app'), asking(foreign)))).code).toBe(
      'unauthorized',
    );
    expect(registry.lines()).toEqual([`GET ${MANIFEST} none`]);
  });
});

const two = { kind: 'basic', username: 'two', password: 'two' } as const;

/** A registry that lets both in, and answers the first one `status` as if nothing were there. */
function hiding(auth: 'basic' | 'bearer', status: number): RegistryOptions {
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
    'are tried in order, the one that works is kept: %s',
    async (auth) => {
      await using registry = await startPrivate({ auth });
      await using client = createTestClient([registry]);
      const credentials = [
        credentialFor(registry, bad, 'secret a/one'),
        credentialFor(registry, good, 'secret a/two'),
      ];
      const image = imageAt(registry, 'team/app');
      await client.fetchManifest(image, asking(...credentials));
      const before = registry.log.length;
      await client.fetchManifest(image, asking(...credentials));
      expect(registry.log.length - before).toBe(1);
    },
  );

  test('anonymous comes last', async () => {
    await using registry = await startPrivate({ auth: 'bearer', anonymousPull: true });
    await using client = createTestClient([registry]);
    await client.fetchManifest(imageAt(registry, 'team/app'), asking(credentialFor(registry, bad)));
    expect(registry.lines()).toEqual([
      `GET ${MANIFEST} none`,
      'GET /token basic',
      'GET /token none',
      `GET ${MANIFEST} bearer`,
    ]);
  });

  test('a login that may not pull (403) gives way to the next', async () => {
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
    const { digest } = await client.fetchManifest(imageAt(registry, 'team/app'), asking(...credentials));
    expect(digest).toBe(digestOf(manifest.bytes));
  });

  test.for([
    { auth: 'basic', status: 404 },
    { auth: 'basic', status: 400 },
    { auth: 'bearer', status: 404 },
    { auth: 'bearer', status: 403 },
  ] as const)(
    'a login from which the image is hidden ($auth, $status) gives way to the next, which is then kept',
    async ({ auth, status }) => {
      await using registry = await startPrivate(hiding(auth, status));
      await using client = createTestClient([registry]);
      const credentials = [credentialFor(registry, good, 'one'), credentialFor(registry, two, 'two')];
      const image = imageAt(registry, 'team/app');
      await client.fetchManifest(image, asking(...credentials));
      const before = registry.log.length;
      await client.fetchManifest(image, asking(...credentials));
      expect(registry.log.length - before).toBe(1);
    },
  );

  test('a login kept from another image does not end the search', async () => {
    await using registry = await startPrivate(hiding('basic', 404));
    await using client = createTestClient([registry]);
    const image = imageAt(registry, 'team/app');
    const first = credentialFor(registry, good, 'one');
    expect((await failureOf(client.fetchManifest(image, asking(first)))).code).toBe('not-found');
    const { digest } = await client.fetchManifest(image, asking(first, credentialFor(registry, two, 'two')));
    expect(digest).toBe(digestOf(manifest.bytes));
  });

  test.for(['basic', 'bearer'] as const)(
    'an image that is not there is not found, whoever else is turned away: %s',
    async (auth) => {
      await using registry = await startPrivate({ auth });
      await using client = createTestClient([registry]);
      const image = imageAt(registry, 'team/app:2');
      const wrong = credentialFor(registry, bad, 'two');
      const options = asking(credentialFor(registry, good, 'one'), wrong);
      const error = await failureOf(client.fetchManifest(image, options));
      expect(error).toMatchObject({ code: 'not-found', status: 404 });
      expect(error.advice).not.toContain('rejected');
    },
  );

  test('all refused: which ones, and nothing of their secrets', async () => {
    await using registry = await startPrivate({ auth: 'bearer' });
    await using client = createTestClient([registry]);
    const error = await failureOf(
      client.fetchManifest(
        imageAt(registry, 'team/app'),
        asking(credentialFor(registry, bad, 'secret a/one')),
      ),
    );
    expect(error).toMatchObject({ code: 'unauthorized', status: 401, repository: 'team/app' });
    expect(error.advice).toContain('secret a/one');
    expect(`${error.message} ${error.advice ?? ''}`).not.toContain(bad.password);
  });

  test('none at all: what to do', async () => {
    await using registry = await startPrivate({ auth: 'bearer' });
    await using client = createTestClient([registry]);
    const error = await failureOf(client.fetchManifest(imageAt(registry, 'team/app'), asking()));
    expect(error.code).toBe('unauthorized');
    expect(error.advice).toContain('imagePullSecrets');
  });
});

describe('who profits from a login', () => {
  test('nobody without the credential', async () => {
    await using registry = await startPrivate({ auth: 'bearer' });
    await using client = createTestClient([registry]);
    const image = imageAt(registry, 'team/app');
    await client.fetchManifest(image, asking(credentialFor(registry, good)));
    expect((await failureOf(client.fetchManifest(image, asking()))).code).toBe('unauthorized');
  });

  test('not a secret of the same name with another password', async () => {
    await using registry = await startPrivate({ auth: 'basic' });
    await using client = createTestClient([registry]);
    const image = imageAt(registry, 'team/app');
    await client.fetchManifest(image, asking(credentialFor(registry, good)));
    const changed = asking(credentialFor(registry, bad));
    expect((await failureOf(client.fetchManifest(image, changed))).code).toBe('unauthorized');
  });

  test('not another repository', async () => {
    await using registry = await startPrivate({ auth: 'bearer' });
    await using client = createTestClient([registry]);
    const options = asking(credentialFor(registry, good));
    await client.fetchManifest(imageAt(registry, 'team/app'), options);
    await client.fetchManifest(imageAt(registry, 'team/other'), options);
    expect(registry.lines().filter((line) => line.includes('/token'))).toHaveLength(2);
  });
});

describe('how long a token is used', () => {
  test('until shortly before it expires', async () => {
    await using registry = await startPrivate({ auth: 'bearer', expiresIn: 100 });
    let now = 0;
    await using client = createTestClient([registry], {}, { now: () => now });
    const fetch = () =>
      client.fetchManifest(imageAt(registry, 'team/app'), asking(credentialFor(registry, good)));
    const tokens = () => registry.lines().filter((line) => line.includes('/token')).length;
    await fetch();
    now = 89_000;
    await fetch();
    expect(tokens()).toBe(1);
    now = 90_000;
    await fetch();
    expect(tokens()).toBe(2);
  });

  test('for a minute where it does not say', async () => {
    await using registry = await startPrivate({ auth: 'bearer', expiresIn: null });
    let now = 0;
    await using client = createTestClient([registry], {}, { now: () => now });
    const fetch = () =>
      client.fetchManifest(imageAt(registry, 'team/app'), asking(credentialFor(registry, good)));
    await fetch();
    now = 53_000;
    await fetch();
    now = 54_000;
    await fetch();
    expect(registry.lines().filter((line) => line.includes('/token'))).toHaveLength(2);
  });

  test('not after it was revoked', async () => {
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
      client.fetchManifest(imageAt(registry, 'team/app'), asking(credentialFor(registry, good)));
    await fetch();
    revoked = true;
    await fetch();
    expect(registry.lines().filter((line) => line.includes('/token'))).toHaveLength(2);
  });
});

test('a token is fetched once for all who wait, and the first to give up fails nobody else', async () => {
  const { promise: asked, resolve: seen } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await using registry = await startPrivate({
    auth: 'bearer',
    faults: (handler) => async (request, response) => {
      if (request.url?.startsWith('/token') === true) {
        seen();
        await released;
      }
      handler(request, response);
    },
  });
  const { promise: bothRefused, resolve: refusedTwice } = Promise.withResolvers<void>();
  const refusals: number[] = [];
  await using client = createTestClient([registry], {
    onRequest: ({ status }) => {
      if (status === 401 && refusals.push(status) === 2) refusedTwice();
    },
  });
  const credential = credentialFor(registry, good);
  const first = new AbortController();
  const image = imageAt(registry, 'team/app');
  const impatient = failureOf(
    client.fetchManifest(image, { credentials: [credential], tenant: 'team-a', signal: first.signal }),
  );
  await asked;
  const patient = client.fetchManifest(image, asking(credential));
  // The second one has read its 401 and by the next turn of the loop waits for the same token.
  await bothRefused;
  await new Promise(setImmediate);
  first.abort();
  expect((await impatient).code).toBe('timeout');
  release();
  await patient;
  expect(registry.lines().filter((line) => line.includes('/token'))).toHaveLength(1);
});

describe('challenges that are not answered', () => {
  test.for([
    { name: 'a scheme we do not have', challenge: 'Negotiate', code: 'unsupported' },
    { name: 'no challenge', challenge: '', code: 'unauthorized' },
    { name: 'bearer without a realm', challenge: 'Bearer service="x"', code: 'invalid' },
    {
      name: 'a plain http realm elsewhere',
      challenge: 'Bearer realm="http://auth.test/"',
      code: 'denied-by-config',
    },
    {
      name: 'a metadata realm',
      challenge: 'Bearer realm="https://169.254.169.254/"',
      code: 'denied-by-config',
    },
    {
      name: 'an IPv4-mapped metadata realm',
      challenge: 'Bearer realm="https://[::ffff:a9fe:a9fe]/"',
      code: 'denied-by-config',
    },
    {
      name: 'a realm with a login',
      challenge: 'Bearer realm="https://a:b@auth.test/"',
      code: 'denied-by-config',
    },
  ])('$name: $code', async ({ challenge, code }) => {
    await using server = await startServer((_request, response) => {
      response.writeHead(401, challenge === '' ? {} : { 'www-authenticate': challenge }).end();
    });
    await using client = createTestClient([server]);
    const options = asking(credentialFor(server, good));
    expect((await failureOf(client.fetchManifest(imageAt(server, 'a'), options))).code).toBe(code);
  });

  test('bearer is chosen before basic, from several headers', async () => {
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
    await client.fetchManifest(imageAt(registry, 'team/app'), asking(credentialFor(registry, good)));
    expect(registry.lines().at(-1)).toBe(`GET ${MANIFEST} bearer`);
  });
});

describe('token servers that misbehave', () => {
  const cases: readonly { name: string; status?: number; body: string; code: string }[] = [
    { name: 'no token', body: '{}', code: 'invalid' },
    { name: 'an empty token', body: '{"token":""}', code: 'invalid' },
    { name: 'a number as token', body: '{"token":7}', code: 'invalid' },
    { name: 'a token that breaks the header', body: JSON.stringify({ token: 'a\r\nx: y' }), code: 'invalid' },
    { name: 'a list', body: '["token"]', code: 'invalid' },
    { name: 'a web page', body: '<html></html>', code: 'invalid' },
    { name: 'more than a token', body: JSON.stringify({ token: 'x'.repeat(70_000) }), code: 'too-large' },
    { name: 'a refusal by 400', status: 400, body: '', code: 'unauthorized' },
    { name: 'an error of its own', status: 500, body: '', code: 'unreachable' },
    { name: 'a limit', status: 429, body: '', code: 'rate-limited' },
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
    const options = asking(credentialFor(registry, good));
    expect((await failureOf(client.fetchManifest(imageAt(registry, 'team/app'), options))).code).toBe(code);
  });

  test('expires_in as text counts as unsaid', async () => {
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
    const fetch = () => client.fetchManifest(imageAt(registry, 'team/app'), asking());
    await fetch();
    now = 60_000;
    await fetch();
    expect(registry.lines().filter((line) => line.includes('/token'))).toHaveLength(2);
  });
});
