import { globSync, readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { fetchOptions, createTestClient, failureOf, imageAt } from '../support/registry/registry-client.ts';
import { startServer } from '../support/server/http-server.ts';

afterEach(() => void vi.useRealTimers());

test('setting the clock back by an hour does not lengthen a pause', async () => {
  let isWell = false;
  await using server = await startServer((_request, response) =>
    response.writeHead(isWell ? 200 : 429).end('{}'),
  );
  await using client = createTestClient([server], { limits: { attempts: 1, pauseMs: 10 } });
  const fetch = () => client.fetchManifest(imageAt(server, 'a'), fetchOptions());
  await failureOf(fetch());
  isWell = true;
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
  await expect.poll(() => fetch().catch(() => null), { timeout: 10_000 }).not.toBeNull();
});

/** Files that need calendar time, because people or other programs read it. */
const WALL_CLOCK: readonly string[] = [
  'src/audit/policy-reports/render-report.ts', // a result's timestamp
  'src/audit/review-subjects.ts', // age of containers, from the Pods' status
  'src/certs/find-certificate-fault.ts', // validity
  'src/certs/mounted-certificate.ts', // validity
  'src/certs/serving-certificate.ts', // validity
  'src/cli/audit/run-audit-command.ts', // the time of the audit, for people
  'src/images/image-cache.ts', // start of staleness
  'src/kubernetes/events.ts', // eventTime
  'src/kubernetes/server-clock.ts', // until an answer of the API server has shown its clock
  'src/kubernetes/watch-collection.ts', // a timestamp metric
  'src/pod/pod-status.ts', // age of containers, from the Pods' status
  'src/registry/client.ts', // Retry-After with an HTTP date
  'src/registry/retry.ts', // Retry-After with an HTTP date
  'src/telemetry/certificate-metrics.ts', // a timestamp metric
  'src/telemetry/operation-metrics.ts', // a timestamp metric
  'src/wire/wire-certs.ts', // days left, for people
];

test('only files that need calendar time read the wall clock', () => {
  const pattern = /\bDate\.(?:now|parse)\b|\bnew Date\(\)/;
  const readers = globSync('src/**/*.ts').filter((file) => pattern.test(readFileSync(file, 'utf8')));
  expect(readers.toSorted()).toEqual(WALL_CLOCK);
});
