import { generate } from 'selfsigned';
import { describe, expect, test } from 'vitest';
import { OCI_MANIFEST } from '../../src/image/media-types.ts';
import { digestOf } from '../support/image/image-facts.ts';
import {
  fetchOptions,
  createTestClient,
  credentialFor,
  failureOf,
  imageAt,
} from '../support/registry/registry-client.ts';
import { startRegistry } from '../support/registry/registry.ts';

const day = 24 * 60 * 60 * 1000;
const manifest = { bytes: Buffer.from('{"schemaVersion":2}'), mediaType: OCI_MANIFEST };

async function certificate({ ip = '127.0.0.1', from = -day, until = day } = {}) {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'registry' }], {
    keyType: 'ec',
    notBeforeDate: new Date(Date.now() + from),
    notAfterDate: new Date(Date.now() + until),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip }] }],
  });
  return { key, cert };
}

describe('HTTPS', () => {
  test('a private CA is trusted for the registry and its token server', async () => {
    const tls = await certificate();
    await using registry = await startRegistry({ tls, auth: 'bearer', users: { joe: 'pass' } });
    registry.store.putManifest('a', 'latest', manifest);
    await using client = createTestClient([], { ca: [tls.cert] });
    const login = credentialFor(registry, { kind: 'basic', username: 'joe', password: 'pass' });
    const { digest } = await client.fetchManifest(imageAt(registry, 'a'), fetchOptions(login));
    expect(digest).toBe(digestOf(manifest.bytes));
  });

  test.for([
    {
      name: 'an untrusted CA',
      options: {},
      trusted: false,
      state: 'its certificate is self-signed and not trusted here',
      advice: 'registry.caFile',
    },
    {
      name: 'an expired certificate',
      options: { from: -2 * day, until: -day },
      trusted: true,
      state: 'its certificate, or one in its chain, has expired',
      advice: 'Renew the certificate of 127.0.0.1:',
    },
    {
      name: 'a certificate that is not valid yet',
      options: { from: day, until: 2 * day },
      trusted: true,
      state: 'its certificate is not valid yet',
      advice: 'Correct the clock',
    },
    {
      name: 'a certificate for another host',
      options: { ip: '127.0.0.9' },
      trusted: true,
      state: 'its certificate is not for "127.0.0.1", but for 127.0.0.9',
      advice: 'Use a name of the certificate',
    },
  ])('$name: tls', async ({ options, trusted, state, advice }) => {
    const tls = await certificate(options);
    await using registry = await startRegistry({ tls });
    await using client = createTestClient([], { ca: trusted ? [tls.cert] : [] });
    const failure = await failureOf(client.fetchManifest(imageAt(registry, 'a'), fetchOptions()));
    expect(failure).toMatchObject({
      code: 'tls',
      message: `Cannot read image "${registry.host}/a:latest": ${registry.host}: ${state}`,
      advice: expect.stringContaining(advice),
    });
    expect(registry.log).toHaveLength(0);
  });

  test('a registry that speaks plain HTTP is rejected, with a hint at registry.plainHttp', async () => {
    await using registry = await startRegistry();
    await using client = createTestClient([]);
    const error = await failureOf(client.fetchManifest(imageAt(registry, 'a'), fetchOptions()));
    expect(error.code).toBe('tls');
    expect(error.state).toBe(`${registry.host}: it answers without TLS`);
    expect(error.advice).toContain('registry.plainHttp');
  });

  test('a redirect from HTTPS to plain HTTP is denied', async () => {
    const tls = await certificate();
    await using plain = await startRegistry();
    await using registry = await startRegistry({
      tls,
      faults: () => (_request, response) => {
        response.writeHead(302, { location: `http://${plain.host}/` }).end();
      },
    });
    await using client = createTestClient([], { ca: [tls.cert] });
    expect((await failureOf(client.fetchManifest(imageAt(registry, 'a'), fetchOptions()))).code).toBe(
      'denied-by-config',
    );
    expect(plain.log).toHaveLength(0);
  });
});
