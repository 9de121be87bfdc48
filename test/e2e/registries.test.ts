import { describe, expect, test } from 'vitest';
import { realServers } from '../support/e2e/real-servers.ts';
import { startDistribution } from '../support/registry/distribution.ts';
import { ACCOUNT, basicAuth } from '../support/registry/token-server.ts';

const servers = await realServers(['registry', 'crane']);

describe.skipIf(servers.missing)(`the registries of the tests${servers.note}`, () => {
  test.each([
    { auth: 'none', stranger: 200, challenge: null },
    { auth: 'basic', stranger: 401, challenge: 'Basic realm="test"' },
    { auth: 'token', stranger: 401, challenge: expect.stringMatching(/^Bearer realm="http.*scope=/) },
  ] as const)(
    '$auth: takes a push and answers a stranger $stranger',
    async ({ auth, stranger, challenge }) => {
      await using registry = await startDistribution(servers.paths, auth);
      expect(await registry.push('bk-wasi-wasm', 'demo/hello:1')).toBe(`${registry.host}/demo/hello:1`);

      const manifest = `http://${registry.host}/v2/demo/hello/manifests/1`;
      const answer = await fetch(manifest, {
        method: 'HEAD',
        headers: { accept: '*/*, application/vnd.oci.image.manifest.v1+json' },
      });
      expect(answer.status).toBe(stranger);
      expect(answer.headers.get('www-authenticate')).toEqual(challenge);
      expect(JSON.parse(registry.dockerConfig)).toEqual({
        auths: { [registry.host]: { auth: basicAuth(ACCOUNT) } },
      });
    },
    60_000,
  );
});
