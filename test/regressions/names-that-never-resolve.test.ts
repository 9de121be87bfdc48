import { expect, test } from 'vitest';
import { OCI_MANIFEST } from '../../src/image/media-types.ts';
import { parseReference } from '../../src/image/reference.ts';
import { createDnsResolver } from '../../src/registry/connection/dns-resolver.ts';
import { startDnsServer, type DnsReply } from '../support/registry/dns-server.ts';
import { fetchOptions, createTestClient, failureOf } from '../support/registry/registry-client.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { startServer } from '../support/server/http-server.ts';

const manifest = { bytes: Buffer.from('{"schemaVersion":2}'), mediaType: OCI_MANIFEST };
const HERE: DnsReply = { addresses: ['127.0.0.1'], ttl: 0 };

/** Images of one namespace named registries whose DNS server never answers; no other namespace could resolve names. */
test('names of a dead DNS server do not keep other namespaces from their registry', async () => {
  await using registry = await startRegistry();
  registry.store.putManifest('a', 'latest', manifest);
  const { port } = new URL(`http://${registry.host}`);
  await using dns = await startDnsServer(({ name }) => (name.startsWith('dead-') ? 'silence' : HERE));
  const victims = Array.from({ length: 12 }, (_, index) => `good-${index}.test:${port}`);
  const resolver = createDnsResolver({ servers: [dns.address] });
  await using client = createTestClient(
    victims.map((host) => ({ host })),
    {},
    resolver,
  );
  const stop = new AbortController();
  const attack = Array.from({ length: 200 }, (_, index) =>
    failureOf(
      client.fetchManifest(parseReference(`dead-${index}.test/a`), {
        ...fetchOptions(),
        tenant: 'attacker',
        signal: stop.signal,
      }),
    ),
  );
  const judged = await Promise.all(
    victims.map((host, index) =>
      client.fetchManifest(parseReference(`${host}/a`), { ...fetchOptions(), tenant: `victim-${index}` }),
    ),
  );
  stop.abort();
  expect(judged).toHaveLength(12);
  const failures = await Promise.all(attack);
  const held = failures.filter(({ code }) => code === 'timeout');
  expect(held.length).toBeLessThanOrEqual(16);
  expect(failures.find(({ code }) => code === 'unreachable')?.message).toContain(
    '"attacker" waits for 16 other names',
  );
});

test('an address is checked when connecting, although the name was resolved before', async () => {
  const answers = ['127.0.0.1', '169.254.169.254'];
  await using server = await startServer((_request, response) => {
    response.setHeader('connection', 'close');
    response.end(manifest.bytes);
  });
  const host = `r.test:${server.port}`;
  await using dns = await startDnsServer(({ type, name }) => {
    if (name !== 'r.test') return HERE;
    return { addresses: type === 'A' ? [answers.shift() ?? ''] : [] };
  });
  const resolver = createDnsResolver({ servers: [dns.address] }, { dnsNames: 1 });
  await using client = createTestClient([{ host }], {}, resolver);
  await client.fetchManifest(parseReference(`${host}/a`), fetchOptions());
  await resolver.prepare('takes-the-place-in-the-cache.test', 'team-b');
  const failure = await failureOf(client.fetchManifest(parseReference(`${host}/a`), fetchOptions()));
  expect(failure.code).toBe('denied-by-config');
});
