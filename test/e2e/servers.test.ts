import { access } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { realServers } from '../support/e2e/real-servers.ts';
import { must } from '../support/kubernetes/kubectl.ts';
import { startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { run } from '../support/lib/processes.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);

describe.skipIf(servers.missing)(`the control plane of the tests${servers.note}`, () => {
  test('serves its version of Kubernetes, knows identities, and leaves nothing behind', async () => {
    const server = await startKubernetesServer(servers.paths);
    const { gitVersion } = JSON.parse(await must(server.kubectl(['get', '--raw', '/version'])));
    expect(gitVersion).toMatch(/^v1\.3\d\.\d+$/);
    const printed = await must(run(servers.paths['kube-apiserver'], ['--version']));
    expect(printed).toBe(`Kubernetes ${gitVersion}\n`);

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
