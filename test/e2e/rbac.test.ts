import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MANIFESTS } from '../support/e2e/install.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);

describe.skipIf(servers.missing)(`permissions of the ServiceAccount${servers.note}`, () => {
  let kubernetes: KubernetesServer;
  let kubeconfig: string;
  beforeAll(async () => {
    const { 'kube-apiserver': apiServer, etcd, kubectl } = servers.paths;
    kubernetes = await startKubernetesServer({ 'kube-apiserver': apiServer, etcd, kubectl });
    await must(kubernetes.kubectl(['apply', '-k', join(MANIFESTS, 'base'), '--server-side']));
    const token = await must(kubernetes.kubectl(['create', 'token', 'wasmgate', '-n', 'wasmgate-system']));
    kubeconfig = await kubernetes.writeKubeconfig(token.trim());
  });
  afterAll(() => kubernetes?.stop());

  test.each([
    ['yes', 'list runtimeclasses.node.k8s.io'],
    ['yes', 'watch runtimeclasses.node.k8s.io'],
    ['no', 'create runtimeclasses.node.k8s.io'],
    ['yes', 'watch nodes'],
    ['no', 'patch nodes'],
    ['yes', 'watch limitranges'],
    ['no', 'update limitranges'],
    ['yes', 'get namespaces'],
    ['yes', 'watch namespaces'],
    ['no', 'update namespaces'],
    ['yes', 'get pods/app --namespace team-a'],
    ['yes', 'list pods'],
    ['no', 'watch pods'],
    ['no', 'create pods'],
    ['yes', 'create events.events.k8s.io --namespace team-a'],
    ['no', 'list events.events.k8s.io'],
    ['yes', 'get secrets/registry-account --namespace team-a'],
    ['no', 'list secrets --namespace team-a'],
    ['no', 'watch secrets --namespace wasmgate-system'],
    ['no', 'update secrets/registry-account --namespace team-a'],
    ['no', 'create secrets --namespace team-a'],
    ['yes', 'get serviceaccounts/default --namespace team-a'],
    ['no', 'list serviceaccounts --namespace team-a'],
    ['no', 'create serviceaccounts/default --subresource token --namespace team-a'],
    ['yes', 'create secrets --namespace wasmgate-system'],
    ['yes', 'update secrets/wasmgate-certificates --namespace wasmgate-system'],
    ['no', 'update secrets/another --namespace wasmgate-system'],
    ['yes', 'patch secrets/wasmgate-images --namespace wasmgate-system'],
    ['no', 'patch secrets/wasmgate-images --namespace team-a'],
    ['no', 'delete secrets/wasmgate-certificates --namespace wasmgate-system'],
    ['yes', 'patch mutatingwebhookconfigurations.admissionregistration.k8s.io/wasmgate'],
    ['yes', 'patch validatingwebhookconfigurations.admissionregistration.k8s.io/wasmgate'],
    ['no', 'patch mutatingwebhookconfigurations.admissionregistration.k8s.io/istio-sidecar-injector'],
    ['no', 'delete validatingwebhookconfigurations.admissionregistration.k8s.io/wasmgate'],
    ['no', 'create mutatingwebhookconfigurations.admissionregistration.k8s.io'],
  ])('%s: %s', async (answer, question) => {
    const { stdout } = await kubernetes.kubectl(['auth', 'can-i', ...question.split(' ')], { kubeconfig });
    expect(stdout.trim()).toBe(answer);
  });
});
