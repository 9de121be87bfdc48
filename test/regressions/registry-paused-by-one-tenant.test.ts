import type { RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import { CATALOG_LIMITS } from '../../src/images/settings.ts';
import {
  fetchOptionsFor,
  createTestClient,
  failureOf,
  imageAt,
} from '../support/registry/registry-client.ts';
import { startServer } from '../support/server/http-server.ts';

const FAULTS: Readonly<Record<string, RequestListener>> = {
  '502': (_request, response) => void response.writeHead(502).end(),
  '503': (_request, response) => void response.writeHead(503, { 'retry-after': '60' }).end(),
  '504': (_request, response) => void response.writeHead(504).end(),
  'a cut connection': (request) => void request.socket.destroy(),
  silence: () => undefined,
};

describe("a registry that fails for one namespace's images", () => {
  test.for(Object.keys(FAULTS))('with %s is still queried for the images of others', async (fault) => {
    const asked: string[] = [];
    await using registry = await startServer((request, response) => {
      const path = request.url ?? '';
      asked.push(path);
      if (path.startsWith('/v2/attacker/')) FAULTS[fault]?.(request, response);
      else response.end('{}');
    });
    const limits = { attempts: 1, silenceMs: 50 };
    await using client = createTestClient([registry], { limits });
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await failureOf(
        client.fetchManifest(imageAt(registry, `attacker/${name}`), fetchOptionsFor('attacker')),
      );
    const answer = { document: {} };
    for (const [tenant, name] of [
      ['victim', 'app'],
      ['attacker', 'app'],
      ['another', 'app'],
    ] as const)
      expect(await client.fetchManifest(imageAt(registry, name), fetchOptionsFor(tenant))).toMatchObject(
        answer,
      );
    expect(asked.filter((path) => path.includes('/app/'))).toHaveLength(3);
  });

  test('is still queried for the same image by other namespaces', async () => {
    let asked = 0;
    await using registry = await startServer((request, response) => {
      if (request.url === '/v2/') return response.end();
      asked++;
      return response.writeHead(503).end();
    });
    await using client = createTestClient([registry], { limits: { attempts: 1 } }, { now: () => 0 });
    const ask = (tenant: string) =>
      failureOf(client.fetchManifest(imageAt(registry, 'a'), fetchOptionsFor(tenant)));
    for (let time = 0; time < 5; time++) await ask('attacker');
    expect(asked).toBe(1);
    await ask('victim');
    expect(asked).toBe(2);
  });
});

/** The attacker's requests held all eight connections to a registry, and the others waited for a free one. */
test('hanging requests leave connections for the images of others', async () => {
  const stop = new AbortController();
  await using registry = await startServer((request, response) => {
    if (!(request.url ?? '').startsWith('/v2/attacker/')) response.end('{}');
  });
  await using client = createTestClient([registry]);
  const attack = Array.from({ length: CATALOG_LIMITS.concurrentLookups }, (_, index) =>
    failureOf(
      client.fetchManifest(imageAt(registry, `attacker/${index}`), {
        ...fetchOptionsFor('attacker'),
        signal: stop.signal,
      }),
    ),
  );
  expect(await client.fetchManifest(imageAt(registry, 'app'), fetchOptionsFor('victim'))).toMatchObject({
    document: {},
  });
  stop.abort();
  await Promise.all(attack);
});
