import { access } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { realServers } from '../support/e2e/real-servers.ts';
import { must } from '../support/kubernetes/kubectl.ts';
import { startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);

describe.skipIf(servers.missing)(`the control plane of the tests${servers.note}`, () => {
  test('serves Kubernetes 1.36, knows identities, and leaves nothing behind', async () => {
    const server = await startKubernetesServer(servers.paths);
    const version = JSON.parse(await must(server.kubectl(['get', '--raw', '/version'])));
    expect(version).toMatchObject({ minor: '36' });

    const stranger = await server.writeKubeconfig('no such token');
    expect(await server.kubectl(['get', 'nodes'], { kubeconfig: stranger })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('You must be logged in to the server'),
    });

    await server.stop();
    await expect(access(server.folder)).rejects.toThrow('ENOENT');
    expect(await server.kubectl(['get', 'nodes'])).toMatchObject({ code: 1 });
  }, 300_000);
});
