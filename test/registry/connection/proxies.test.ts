import { describe, expect, test } from 'vitest';
import { OCI_MANIFEST } from '../../../src/image/media-types.ts';
import { parseReference } from '../../../src/image/reference.ts';
import { readProxies } from '../../../src/registry/connection/proxies.ts';
import { startProxy } from '../../support/registry/proxy.ts';
import { fetchOptions, createTestClient, failureOf } from '../../support/registry/registry-client.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import { certificateFor } from '../../support/server/certificates.ts';

const manifest = { bytes: Buffer.from('{"schemaVersion":2}'), mediaType: OCI_MANIFEST };
const image = parseReference('registry.test/a');

async function startTlsRegistry() {
  const tls = await certificateFor({ names: ['registry.test'] });
  const registry = await startRegistry({ tls });
  registry.store.putManifest('a', 'latest', manifest);
  return { ...registry, ca: [tls.cert] };
}

describe('registries through a proxy', () => {
  test('HTTPS goes through a tunnel, and the certificate is verified', async () => {
    await using registry = await startTlsRegistry();
    const { ca } = registry;
    await using proxy = await startProxy({ target: registry.port });
    const env = { HTTPS_PROXY: `http://${proxy.host}` };
    await using client = createTestClient([], { ca, env });
    await client.fetchManifest(image, fetchOptions());
    await client.resolveDigest(image, fetchOptions());
    expect(proxy.lines[0]).toBe('CONNECT registry.test:443');
    expect(registry.log).toHaveLength(2);
    await using withoutCa = createTestClient([], { env });
    expect((await failureOf(withoutCa.fetchManifest(image, fetchOptions()))).code).toBe('tls');
  });

  test('proxy credentials appear in no error and do not reach the registry', async () => {
    await using registry = await startTlsRegistry();
    const { ca } = registry;
    await using proxy = await startProxy({ target: registry.port, login: 'joe:p@ss word' });
    const env = { https_proxy: `http://joe:p%40ss%20word@${proxy.host}` };
    await using client = createTestClient([], { ca, env });
    expect(await client.fetchManifest(image, fetchOptions())).toMatchObject({ document: {} });
    await using wrong = createTestClient([], { ca, env: { HTTPS_PROXY: `http://joe:s3cret@${proxy.host}` } });
    const error = await failureOf(wrong.fetchManifest(image, fetchOptions()));
    expect(error.code).toBe('unreachable');
    expect(error.message).toContain('407');
    const cause = error.cause instanceof Error ? [error.cause.message, error.cause.stack] : [];
    expect([error.message, error.stack, ...cause].join('\n')).not.toContain('s3cret');
  });

  test('the proxy itself can be reached over HTTPS', async () => {
    await using registry = await startTlsRegistry();
    const { ca } = registry;
    const tls = await certificateFor({ names: ['localhost'] });
    await using proxy = await startProxy({ target: registry.port, tls });
    const env = { HTTPS_PROXY: `https://localhost:${proxy.port}` };
    await using client = createTestClient([], { ca: [...ca, tls.cert], env });
    expect(await client.fetchManifest(image, fetchOptions())).toMatchObject({ document: {} });
  });

  test('plain HTTP is proxied with the absolute URL', async () => {
    await using registry = await startRegistry();
    registry.store.putManifest('a', 'latest', manifest);
    await using proxy = await startProxy({ target: registry.port });
    const env = { HTTP_PROXY: `http://${proxy.host}` };
    await using client = createTestClient([{ host: 'registry.test' }], { env });
    expect(await client.fetchManifest(image, fetchOptions())).toMatchObject({ document: {} });
    expect(proxy.lines).toEqual(['GET http://registry.test/v2/a/manifests/latest']);
  });

  test.for([403, 407, 502])('a proxy that answers %d makes the registry unreachable', async (status) => {
    await using proxy = await startProxy({ status });
    await using client = createTestClient([], { env: { HTTPS_PROXY: `http://${proxy.host}` } });
    const error = await failureOf(client.fetchManifest(image, fetchOptions()));
    expect(error.code).toBe('unreachable');
    expect(error.message).toContain(`(${status})`);
  });

  test('a proxy that refuses connections makes the registry unreachable', async () => {
    const proxy = await startProxy();
    await proxy[Symbol.asyncDispose]();
    await using client = createTestClient([], { env: { HTTPS_PROXY: `http://${proxy.host}` } });
    expect((await failureOf(client.fetchManifest(image, fetchOptions()))).code).toBe('unreachable');
  });

  test('a proxy that never responds makes the lookup time out', async () => {
    await using proxy = await startProxy({ target: 1 });
    await using client = createTestClient([], { env: { HTTPS_PROXY: `http://${proxy.host}` } });
    const options = { credentials: [], tenant: 'team-a', signal: AbortSignal.timeout(100) };
    expect(['timeout', 'unreachable']).toContain(
      (await failureOf(client.fetchManifest(image, options))).code,
    );
  });

  test.for(['169.254.169.254', '[fd00:ec2::254]'])('%s is denied behind a proxy, too', async (registry) => {
    await using proxy = await startProxy();
    await using client = createTestClient([], { env: { HTTPS_PROXY: `http://${proxy.host}` } });
    const error = await failureOf(client.fetchManifest({ ...image, registry }, fetchOptions()));
    expect({ code: error.code, lines: proxy.lines }).toEqual({ code: 'denied-by-config', lines: [] });
  });
});

describe('choice of the proxy for a host', () => {
  const both = { HTTPS_PROXY: 'http://secure:1', HTTP_PROXY: 'plain:2' };
  test.for([
    { name: 'no proxy', env: {}, url: 'https://r.test', proxy: null },
    { name: 'HTTPS_PROXY for https', env: both, url: 'https://r.test', proxy: 'http://secure:1/' },
    { name: 'HTTP_PROXY without a scheme', env: both, url: 'http://r.test', proxy: 'http://plain:2/' },
    {
      name: 'HTTP_PROXY does not apply to https',
      env: { HTTP_PROXY: 'http://p' },
      url: 'https://r.test',
      proxy: null,
    },
    { name: 'lowercase', env: { https_proxy: 'http://p' }, url: 'https://r.test', proxy: 'http://p/' },
    {
      name: 'uppercase before lowercase',
      env: { HTTPS_PROXY: 'http://a', https_proxy: 'http://b' },
      url: 'https://r.test',
      proxy: 'http://a/',
    },
    {
      name: 'an empty variable is ignored',
      env: { HTTPS_PROXY: '', https_proxy: 'http://b' },
      url: 'https://r.test',
      proxy: 'http://b/',
    },
  ])('$name', ({ env, url, proxy }) => {
    expect(readProxies(env)(new URL(url))?.href ?? null).toBe(proxy);
  });

  test.for([
    ['', 'https://r.test', false],
    ['*', 'https://r.test', true],
    ['other.test, *', 'https://r.test', true],
    ['r.test', 'https://r.test', true],
    ['R.TEST', 'https://r.test', true],
    ['r.test', 'https://a.r.test', true],
    ['r.test', 'https://ar.test', false],
    ['.r.test', 'https://a.r.test', true],
    ['.r.test', 'https://r.test', false],
    ['*.r.test', 'https://a.r.test', true],
    ['*.r.test', 'https://r.test', false],
    ['test', 'https://r.test', true],
    ['r.test:5000', 'https://r.test:5000', true],
    ['r.test:5000', 'https://r.test', false],
    ['r.test:443', 'https://r.test', true],
    ['r.test:80', 'http://r.test', true],
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.0.0.0/8', 'https://r10.test', false],
    ['10.1.2.3', 'https://10.1.2.3:5000', true],
    ['10.1.2.3:5000', 'https://10.1.2.3:5000', true],
    ['10.1.2.3:5000', 'https://10.1.2.3', false],
    ['fd00::/8', 'https://[fd00::1]', true],
    ['fd00::1', 'https://[fd00:0::1]:5000', true],
    ['[fd00::1]:5000', 'https://[fd00::1]:5000', true],
    ['[fd00::1]:5000', 'https://[fd00::1]', false],
    ['10.0.0.0/33, :80, [, ]:', 'https://r.test', false],
    ['', 'https://localhost:5000', true],
    ['', 'https://127.0.0.9', true],
    ['', 'https://[::1]', true],
    ['', 'https://a.localhost', false],
  ] as const)('NO_PROXY=%s: %s bypasses the proxy: %s', ([NO_PROXY, url, direct]) => {
    const proxy = readProxies({ HTTPS_PROXY: 'http://p', HTTP_PROXY: 'http://p', NO_PROXY })(new URL(url));
    expect(proxy === null).toBe(direct);
  });

  test.for([
    ['http://u:s3cret@[', 'it is not a URL'],
    ['socks5://u:s3cret@p:1080', 'socks5:// is not supported'],
    ['http://u:s3cret%@p', 'not encoded'],
  ])('%s is rejected without showing its password', ([HTTPS_PROXY, state]) => {
    const read = () => readProxies({ HTTPS_PROXY });
    expect(read).toThrow(expect.objectContaining({ code: 'invalid-proxy' }));
    expect(read).toThrow(state);
    expect(read).not.toThrow('s3cret');
  });
});
