import { expect, test } from 'vitest';
import { OCI_MANIFEST } from '../../src/image/media-types.ts';
import {
  fetchOptions,
  createTestClient,
  credentialFor,
  failureOf,
  imageAt,
} from '../support/registry/registry-client.ts';
import { startServer } from '../support/server/http-server.ts';

const TEAM_A = `Basic ${Buffer.from('team-a:wrong').toString('base64')}`;

/** A registry that locks out an account after failed logins, as GHCR and Harbor do, and serves all others. */
function startStrictRegistry() {
  return startServer((request, response) => {
    const login = request.headers.authorization;
    if (login === TEAM_A) response.writeHead(429, { 'retry-after': '60' }).end();
    else if (login === undefined)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
    else response.writeHead(200, { 'content-type': OCI_MANIFEST }).end('{}');
  });
}

test('an account over its rate limit does not keep others from the registry', async () => {
  await using registry = await startStrictRegistry();
  await using client = createTestClient([registry]);
  const image = imageAt(registry, 'app');
  const login = (username: string, password: string) =>
    fetchOptions(credentialFor(registry, { kind: 'basic', username, password }));

  const limited = await failureOf(client.fetchManifest(image, login('team-a', 'wrong')));
  expect(limited.code).toBe('rate-limited');
  const again = await failureOf(client.fetchManifest(image, login('team-a', 'wrong')));
  expect(again.state).toContain('wasmgate retries in');
  expect(await client.fetchManifest(image, login('team-b', 'right'))).toMatchObject({ document: {} });
});
