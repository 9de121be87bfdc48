import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { OCI_MANIFEST } from '../../src/image/media-types.ts';
import { parseReference } from '../../src/image/reference.ts';
import { readHosts, readHostsToml, readRegistriesYaml } from '../support/registry/hosts-files.ts';
import {
  fetchOptions,
  createTestClient,
  credentialFor,
  failureOf,
  imageAt,
} from '../support/registry/registry-client.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { startServer } from '../support/server/http-server.ts';

const manifest = { bytes: Buffer.from('{"schemaVersion":2}'), mediaType: OCI_MANIFEST };
const good = { kind: 'basic', username: 'joe', password: 'pass' } as const;

/** Starts a registry that has the image in each of these repositories. */
async function startRegistryWith(...repositories: readonly string[]) {
  return startRegistry({
    images: (store) => {
      for (const repository of repositories) store.putManifest(repository, 'latest', manifest);
    },
  });
}

describe('a mirror', () => {
  test('a mirror is requested first, with the name of the registry in "ns"', async () => {
    await using origin = await startRegistryWith('a');
    await using mirror = await startRegistryWith('a');
    const hosts = await readHosts({ mirrors: { [origin.host]: [`http://${mirror.host}`] } });
    await using client = createTestClient([origin], { hosts });
    await client.fetchManifest(imageAt(origin, 'a'), fetchOptions());
    expect(origin.log).toHaveLength(0);
    expect(mirror.log.map(({ path, query }) => [path, query.get('ns')])).toEqual([
      ['/v2/a/manifests/latest', origin.host],
    ]);
  });

  test('the headers of a mirror also go to its token server, where those of the token request win', async () => {
    await using origin = await startRegistryWith('a');
    await using mirror = await startRegistry({ auth: 'bearer', anonymousPull: true });
    mirror.store.putManifest('a', 'latest', manifest);
    const header = `[host."http://${mirror.host}".header]\nX-Tenant = "team"\nAccept = "text/html"`;
    const hosts = await readHostsToml({ _default: `[host."http://${mirror.host}"]\n${header}` });
    await using client = createTestClient([origin], { hosts });
    await client.fetchManifest(imageAt(origin, 'a'), fetchOptions());
    expect(mirror.log.map(({ path, headers }) => [path, headers['x-tenant']])).toEqual([
      ['/v2/a/manifests/latest', 'team'],
      ['/token', 'team'],
      ['/v2/a/manifests/latest', 'team'],
    ]);
    expect(mirror.log[1]?.headers.accept).toBe('application/json');
  });

  test('a mirror of Docker Hub is enough without the Hub', async () => {
    await using mirror = await startRegistryWith('library/nginx');
    const hosts = await readHosts({ mirrors: { 'docker.io': [`http://${mirror.host}`] } });
    await using client = createTestClient([], { hosts });
    await client.fetchManifest(parseReference('nginx'), fetchOptions());
    expect(mirror.log[0]?.query.get('ns')).toBe('docker.io');
  });

  test.for([
    { name: '404', status: 404 },
    { name: '401 without a challenge', status: 401 },
    { name: '403', status: 403 },
    { name: '429', status: 429 },
    { name: '500', status: 500 },
    { name: '503', status: 503 },
    { name: 'a web page', status: 200 },
  ])('a mirror that answers $name is skipped after one request', async ({ status }) => {
    await using origin = await startRegistryWith('a');
    let asked = 0;
    await using mirror = await startServer(({ url }, response) => {
      if (url !== '/v2/') asked++;
      response.writeHead(status).end('<html>');
    });
    const hosts = await readHosts({ mirrors: { '*': [`http://${mirror.host}`] } });
    await using client = createTestClient([origin], { hosts });
    expect(await client.fetchManifest(imageAt(origin, 'a'), fetchOptions())).toMatchObject({ document: {} });
    expect({ asked, origin: origin.log.length }).toEqual({ asked: 1, origin: 1 });
  });

  test('an unreachable or denied mirror is skipped', async () => {
    await using origin = await startRegistryWith('a');
    const gone = await startServer(() => undefined);
    await gone.close();
    const mirrors = { '*': [`http://${gone.host}`, 'http://169.254.169.254', 'http://127.0.0.2:1'] };
    await using client = createTestClient([origin], { hosts: await readHosts({ mirrors }) });
    expect(await client.fetchManifest(imageAt(origin, 'a'), fetchOptions())).toMatchObject({ document: {} });
  });

  test('a mirror that hangs leaves time for the registry, and gets no request while it is paused', async () => {
    await using origin = await startRegistryWith('a');
    let asked = 0;
    await using mirror = await startServer(({ url }) => void (url === '/v2/' || asked++));
    const hosts = await readHosts({ mirrors: { '*': [`http://${mirror.host}`] } });
    await using client = createTestClient([origin], { hosts, limits: { mirrorMs: 1000 } }, { now: () => 0 });
    for (let time = 0; time < 6; time++) await client.fetchManifest(imageAt(origin, 'a'), fetchOptions());
    expect({ asked, origin: origin.log.length }).toEqual({ asked: 1, origin: 6 });
  });

  test('a mirror whose content does not match the digest is skipped', async () => {
    await using origin = await startRegistry();
    const digest = origin.store.putManifest('a', 'latest', manifest);
    await using mirror = await startServer((_request, response) => response.end('{"forged":true}'));
    const hosts = await readHosts({ mirrors: { '*': [`http://${mirror.host}`] } });
    await using client = createTestClient([origin], { hosts });
    expect(await client.fetchManifest(imageAt(origin, `a@${digest}`), fetchOptions())).toMatchObject({
      digest,
    });
  });

  test('a mirror without the "resolve" capability gets requests by digest only', async () => {
    await using origin = await startRegistry();
    const digest = origin.store.putManifest('a', 'latest', manifest);
    await using mirror = await startRegistry();
    mirror.store.putManifest('a', 'latest', manifest);
    const hosts = await readHostsToml({
      _default: `[host."http://${mirror.host}"]\ncapabilities = ["pull"]`,
    });
    await using client = createTestClient([origin], { hosts });
    await client.fetchManifest(imageAt(origin, 'a'), fetchOptions());
    await client.resolveDigest(imageAt(origin, 'a'), fetchOptions());
    expect([origin.log.length, mirror.log.length]).toEqual([2, 0]);
    await client.fetchManifest(imageAt(origin, `a@${digest}`), fetchOptions());
    expect([origin.log.length, mirror.log.length]).toEqual([2, 1]);
  });

  test('a configured server replaces the registry', async () => {
    await using mirror = await startRegistryWith('a');
    const hosts = await readHostsToml({ 'r.test': `server = "http://${mirror.host}"` });
    await using client = createTestClient([], { hosts });
    await client.fetchManifest(parseReference('r.test/a'), fetchOptions());
    expect((await failureOf(client.fetchManifest(parseReference('r.test/b'), fetchOptions()))).code).toBe(
      'not-found',
    );
  });

  test('a mirror gets its own path, headers and rewrites', async () => {
    const seen: (string | undefined)[] = [];
    await using mirror = await startServer((request, response) => {
      seen.push(request.url, request.headers['x-key']?.toString());
      response.end(manifest.bytes);
    });
    const hosts = await readHostsToml({
      'r.test': `
        [host."http://${mirror.host}/v2/hub"]
          override_path = true
          [host."http://${mirror.host}/v2/hub".header]
            X-Key = "k"
          [host."http://${mirror.host}/v2/hub".rewrite]
            "^team/" = "squad/"`,
    });
    await using client = createTestClient([], { hosts });
    await client.fetchManifest(parseReference('r.test/team/a:1'), fetchOptions());
    expect(seen).toEqual(['/v2/hub/squad/a/manifests/1?ns=r.test', 'k']);
  });

  test('a rewrite to an invalid repository is rejected without a request', async () => {
    await using mirror = await startServer((_request, response) => response.end(manifest.bytes));
    const hosts = await readHostsToml({
      'r.test': `server = "http://${mirror.host}"\n[rewrite]\n"^a$" = "../../b"`,
    });
    await using client = createTestClient([], { hosts });
    const error = await failureOf(client.fetchManifest(parseReference('r.test/a'), fetchOptions()));
    expect(error.message).toContain('turn a into an invalid repository');
  });
});

describe('if all endpoints fail', () => {
  test('the error is that of the registry, followed by those of the mirrors', async () => {
    await using origin = await startRegistry();
    await using mirror = await startServer((_request, response) => response.writeHead(403).end());
    const hosts = await readHosts({ mirrors: { '*': [`http://${mirror.host}`] } });
    await using client = createTestClient([origin], { hosts });
    const error = await failureOf(client.fetchManifest(imageAt(origin, 'a'), fetchOptions()));
    expect(error).toMatchObject({ code: 'not-found', registry: origin.host, status: 404 });
    expect(error.message).toContain(`${origin.host} answers 404`);
    expect(error.message).toContain(`also failed: ${mirror.host} (403)`);
  });

  test.for([429, 503])(
    'the error of a mirror that answers %d is reported if the registry is unreachable',
    async (status) => {
      await using mirror = await startServer((_request, response) => response.writeHead(status).end());
      const hosts = await readHosts({ mirrors: { '*': ['http://127.0.0.1:1', `http://${mirror.host}`] } });
      await using client = createTestClient([], { hosts });
      const error = await failureOf(client.fetchManifest(parseReference('gone.invalid/a:1'), fetchOptions()));
      expect(error).toMatchObject({ status, host: mirror.host, reference: 'gone.invalid/a:1' });
      expect(error.state).toMatch(`${mirror.host} answers ${status} `);
      expect(error.state).toMatch(
        /; also failed: 127\.0\.0\.1:1 \(unreachable\), gone\.invalid \(unreachable\)$/,
      );
    },
  );

  test('a mirror without the image does not hide that the registry is unreachable', async () => {
    await using mirror = await startServer((_request, response) => response.writeHead(404).end());
    const hosts = await readHosts({ mirrors: { '*': [`http://${mirror.host}`] } });
    await using client = createTestClient([], { hosts });
    const error = await failureOf(client.fetchManifest(parseReference('gone.invalid/a'), fetchOptions()));
    expect(error).toMatchObject({ code: 'unreachable', host: 'gone.invalid' });
  });

  test('an expired deadline stops the lookup before the next endpoint', async () => {
    await using origin = await startRegistryWith('a');
    await using mirror = await startServer(() => undefined);
    const hosts = await readHosts({ mirrors: { '*': [`http://${mirror.host}`] } });
    await using client = createTestClient([origin], { hosts });
    const signal = AbortSignal.timeout(40);
    const error = await failureOf(
      client.fetchManifest(imageAt(origin, 'a'), { credentials: [], tenant: 'team-a', signal }),
    );
    await delay(20);
    expect({ code: error.code, origin: origin.log.length }).toEqual({ code: 'timeout', origin: 0 });
  });
});

describe('credentials', () => {
  test('credentials go to their own host only', async () => {
    await using origin = await startRegistry({ auth: 'bearer', users: { joe: 'pass' } });
    origin.store.putManifest('a', 'latest', manifest);
    const seen: (string | undefined)[] = [];
    await using mirror = await startServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    });
    const hosts = await readHosts({ mirrors: { '*': [`http://${mirror.host}`] } });
    await using client = createTestClient([origin], { hosts });
    await client.fetchManifest(imageAt(origin, 'a'), fetchOptions(credentialFor(origin, good)));
    expect(seen).toEqual([undefined]);
  });

  test('credentials of a Pod are used for the mirror that they name', async () => {
    await using mirror = await startRegistry({ auth: 'bearer', users: { joe: 'pass' } });
    mirror.store.putManifest('a', 'latest', manifest);
    const hosts = await readHosts({ mirrors: { 'r.test': [`http://${mirror.host}`] } });
    await using client = createTestClient([], { hosts });
    const image = parseReference('r.test/a');
    expect(await client.fetchManifest(image, fetchOptions(credentialFor(mirror, good)))).toMatchObject({
      document: {},
    });
  });

  test('credentials of registries.yaml get a token for the rewritten repository', async () => {
    await using mirror = await startRegistry({ auth: 'bearer', users: { joe: 'pass' } });
    mirror.store.putManifest('hub/a', 'latest', manifest);
    const hosts = await readRegistriesYaml(`
      mirrors: {r.test: {endpoint: ["http://${mirror.host}"], rewrite: {"^(.*)$": "hub/$1"}}}
      configs: {"${mirror.host}": {auth: {username: joe, password: pass}}}`);
    await using client = createTestClient([], { hosts });
    expect(await client.fetchManifest(parseReference('r.test/a'), fetchOptions())).toMatchObject({
      document: {},
    });
  });

  test('the error for rejected credentials of registries.yaml names the operator, but not the file', async () => {
    await using registry = await startRegistry({ auth: 'basic', users: { joe: 'pass' } });
    const hosts = await readRegistriesYaml(
      `configs: {"${registry.host}": {auth: {username: joe, password: old}}}`,
    );
    await using client = createTestClient([registry], { hosts });
    const failure = await failureOf(client.fetchManifest(imageAt(registry, 'a'), fetchOptions()));
    expect(failure.advice).toContain("(the operator's credentials)");
    expect(`${failure.message} ${failure.advice}`).not.toContain('registries.yaml');
  });

  test('headers of a mirror are not sent to the target of its redirects', async () => {
    const seen: (string | string[] | undefined)[] = [];
    await using storage = await startServer((request, response) => {
      seen.push(request.headers['x-key']);
      response.end(manifest.bytes);
    });
    await using mirror = await startServer((request, response) => {
      seen.push(request.headers['x-key']);
      response.writeHead(307, { location: `http://${storage.host}/` }).end();
    });
    const hosts = await readHostsToml({
      'r.test': `server = "http://${mirror.host}"\n[header]\nx-key = "k"`,
    });
    await using client = createTestClient([], { hosts });
    await client.fetchManifest(parseReference('r.test/a'), fetchOptions());
    expect(seen).toEqual(['k', undefined]);
  });
});
