import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { OCI_MANIFEST } from '../../../src/image/media-types.ts';
import { parseReference } from '../../../src/image/reference.ts';
import { readHosts, readHostsToml, writeFiles } from '../../support/registry/hosts-files.ts';
import {
  fetchOptions,
  createTestClient,
  failureOf,
  imageAt,
} from '../../support/registry/registry-client.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import { certificateFor } from '../../support/server/certificates.ts';

const manifest = { bytes: Buffer.from('{"schemaVersion":2}'), mediaType: OCI_MANIFEST };

async function startTlsRegistry() {
  const tls = await certificateFor();
  const registry = await startRegistry({ tls });
  registry.store.putManifest('a', 'latest', manifest);
  return { ...registry, cert: tls.cert };
}

describe('a host with its own TLS settings', () => {
  test('the CA of a host is trusted for that host only', async () => {
    await using registry = await startTlsRegistry();
    const { cert } = registry;
    await using other = await startTlsRegistry();
    await using files = await writeFiles({ 'ca.pem': cert });
    const tls = { [registry.host]: { caFile: files.at('ca.pem'), insecure: false } };
    await using client = createTestClient([], { hosts: await readHosts({ tls }) });
    expect(await client.fetchManifest(imageAt(registry, 'a'), fetchOptions())).toMatchObject({
      document: {},
    });
    expect((await failureOf(client.fetchManifest(imageAt(other, 'a'), fetchOptions()))).code).toBe('tls');
  });

  test('verification is skipped for an insecure host, but not for the target of its redirects', async () => {
    await using other = await startTlsRegistry();
    const tls = await certificateFor({ ip: '127.0.0.9' });
    await using registry = await startRegistry({
      tls,
      faults: (handler) => (request, response) => {
        if (request.url?.includes('/moved/') !== true) return handler(request, response);
        response.writeHead(307, { location: `https://${other.host}/v2/a/manifests/latest` }).end();
      },
    });
    registry.store.putManifest('a', 'latest', manifest);
    const hosts = await readHosts({ tls: { [registry.host]: { insecure: true } } });
    await using client = createTestClient([], { hosts });
    expect(await client.fetchManifest(imageAt(registry, 'a'), fetchOptions())).toMatchObject({
      document: {},
    });
    expect((await failureOf(client.fetchManifest(imageAt(registry, 'moved'), fetchOptions()))).code).toBe(
      'tls',
    );
  });

  test('the CA of a host is also trusted for its token server', async () => {
    const tls = await certificateFor();
    await using auth = await startRegistry({ tls, auth: 'bearer', anonymousPull: true });
    await using registry = await startRegistry({
      tls,
      faults: () => (request, response) => {
        const challenge = `Bearer realm="https://${auth.host}/token",service="s"`;
        if (request.headers.authorization === undefined)
          response.writeHead(401, { 'www-authenticate': challenge }).end();
        else response.end(manifest.bytes);
      },
    });
    await using files = await writeFiles({ 'ca.crt': tls.cert });
    const hosts = await readHostsToml({ _default: `ca = "${files.at('ca.crt')}"` });
    await using client = createTestClient([], { hosts });
    expect(await client.fetchManifest(imageAt(registry, 'a'), fetchOptions())).toMatchObject({
      document: {},
    });
  });

  test('the client certificate of a host is sent to that host only', async () => {
    const [server, ours] = await Promise.all([certificateFor(), certificateFor({ names: ['wasmgate'] })]);
    const seen: boolean[] = [];
    const start = async (location?: string) => {
      const options = { ...server, ca: ours.cert, requestCert: true, rejectUnauthorized: false };
      const listening = createServer(options, (request, response) => {
        seen.push('authorized' in request.socket && request.socket.authorized === true);
        if (location === undefined) response.end(manifest.bytes);
        else response.writeHead(307, { location }).end();
      });
      await new Promise<void>((resolve) => {
        listening.listen(0, '127.0.0.1', resolve);
      });
      const { port } = listening.address() as AddressInfo;
      return { listening, host: `127.0.0.1:${port}` };
    };
    const storage = await start();
    const registry = await start(`https://${storage.host}/`);
    await using files = await writeFiles({ 'ca.pem': server.cert, 'c.pem': ours.cert, 'c.key': ours.key });
    const settings = {
      caFile: files.at('ca.pem'),
      certFile: files.at('c.pem'),
      keyFile: files.at('c.key'),
      insecure: false,
    };
    const hosts = await readHosts({ tls: { [registry.host]: settings } });
    await using client = createTestClient([], { hosts });
    await client.fetchManifest(parseReference(`${registry.host}/a`), fetchOptions());
    for (const { listening } of [registry, storage]) {
      listening.closeAllConnections();
      listening.close();
    }
    expect(seen).toEqual([true, false]);
  });
});
