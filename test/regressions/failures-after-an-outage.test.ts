import { expect, test } from 'vitest';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import { CATALOG_LIMITS } from '../../src/images/settings.ts';
import { REGISTRY_LIMITS } from '../../src/registry/limits.ts';
import { createTestClient } from '../support/registry/registry-client.ts';
import { startServer } from '../support/server/http-server.ts';

async function askOnce(status: number) {
  await using server = await startServer((_request, response) => response.writeHead(status).end());
  await using client = createTestClient([server], { limits: { attempts: 1 } });
  const lines: object[] = [];
  const quiet = (): void => undefined;
  const catalog = createImageCatalog(
    {
      registry: client,
      pullSecrets: { read: async () => ({ credentials: [], shortfalls: [] }), forget: quiet },
      logger: { debug: quiet, info: quiet, error: quiet, warn: (fields) => void lines.push(fields) },
    },
    { failureTtl: 3_600_000, outageTtl: 1, ttlResolution: 1 },
  );
  const question = { image: `${server.host}/a:1`, namespace: 'team-a', pullSecrets: [], architectures: [] };
  await catalog.lookUp(question, { signal: AbortSignal.timeout(60_000) });
  return { recall: () => catalog.cached(question), lines, host: server.host };
}

test('a missing answer is forgotten soon after the registry recovers', async () => {
  const { recall } = await askOnce(503);
  await expect.poll(recall).toBeUndefined();
});

test.for([404, 429])('an answer %d is cached', async (status) => {
  const { recall } = await askOnce(status);
  expect(recall()).toMatchObject({ kind: 'failure' });
});

test('no back-off outlasts an outage by more than 2 s', () => {
  const { outageTtl, ttlResolution } = CATALOG_LIMITS;
  const pause = Math.max(REGISTRY_LIMITS.probeEveryMs, REGISTRY_LIMITS.longestRepositoryPauseMs);
  expect(pause + outageTtl + ttlResolution).toBeLessThanOrEqual(2_000);
});

test('the log line of a failed lookup has namespace, host and detail', async () => {
  const { lines, host } = await askOnce(503);
  const detail = `${host} answers 503 Service Unavailable`;
  expect(lines).toEqual([
    { namespace: 'team-a', image: `${host}/a:1`, host, reason: 'unreachable', detail, stale: false },
  ]);
});
