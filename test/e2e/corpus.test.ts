import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { detectWasm } from '../../src/detect/detect-wasm.ts';
import type { Verdict } from '../../src/detect/verdict.ts';
import { parseReference } from '../../src/image/reference.ts';
import { inspectImage } from '../../src/images/inspect-image.ts';
import { createPeekImage, type PeekImage } from '../../src/images/peek-image.ts';
import type { RegistryClient } from '../../src/registry/client.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { loadFixtureImages } from '../support/image/fixture-images.ts';
import { startDistribution, type Distribution } from '../support/registry/distribution.ts';
import { createLocalClient } from '../support/registry/registry-client.ts';

const servers = await realServers(['registry', 'crane']);

function shapeOf(verdict: Verdict): string | null {
  return verdict.kind === 'wasm' ? verdict.shape : null;
}

describe.skipIf(servers.missing)(`real images on a real registry${servers.note}`, () => {
  let distribution: Distribution;
  let client: RegistryClient;
  let peek: PeekImage;

  beforeAll(async () => {
    distribution = await startDistribution(servers.paths, 'none');
    client = createLocalClient();
    peek = createPeekImage({ registry: client });
  });

  afterAll(async () => {
    await client?.close();
    await distribution?.stop();
  });

  test.each(loadFixtureImages())(
    '$name: $expect.what',
    async ({ name, expect: truth }) => {
      const reference = parseReference(await distribution.push(name, `corpus/${name}:latest`));
      const options = { credentials: [], tenant: 'team-a', signal: AbortSignal.timeout(30_000) };
      const outside = await inspectImage(client, { reference, architectures: ['amd64'], ...options });
      expect(outside.digest).toBe(truth.digest);
      expect(outside.pull.ok).toBe(truth.pulls);
      expect(detectWasm(outside).kind).toBe(truth.verdict);
      const facts = await peek({ reference, facts: outside, override: {}, scope: 'sign', ...options });
      expect(detectWasm(facts).kind).toBe(truth.verdict);
      expect(shapeOf(detectWasm(facts))).toBe(truth.shape);
    },
    60_000,
  );
});
