import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  installBase,
  MANIFESTS,
  podsOf,
  renderManifests,
  waitForWebhooks,
  writeOverlay,
} from '../support/e2e/install.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { startWasmgate, type WasmgateProgram } from '../support/e2e/wasmgate-program.ts';
import { apply, getJson, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { deployment, namespace, pod } from '../support/kubernetes/objects.ts';
import { freePort, waitFor } from '../support/lib/processes.ts';
import { type Distribution, startDistribution } from '../support/registry/distribution.ts';

const servers = await realServers([
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kubectl',
  'registry',
  'crane',
]);

const LABEL = 'wasmgate.dev/fail-closed';
const CLOSED = { [LABEL]: 'true' };
const UNANSWERED = 'failed calling webhook "validate-fail.wasmgate.dev"';

/** As in manifests/README.md, and back. */
const setFailurePolicy = (policy: 'Ignore' | 'Fail') => [
  'patch',
  'validatingwebhookconfiguration',
  'wasmgate',
  '-p',
  `{"webhooks":[{"name":"validate-fail.wasmgate.dev","failurePolicy":"${policy}"}]}`,
];

// In this order: the outage, the way out of it, its end.
describe.skipIf(servers.missing)(`fail-closed${servers.note}`, () => {
  let kubernetes: KubernetesServer;
  let registry: Distribution;
  let image: string;
  let wasmgate: WasmgateProgram;

  const kubectl = (...args: readonly string[]) => kubernetes.kubectl(args);
  const start = (port?: number): Promise<WasmgateProgram> =>
    startWasmgate(kubernetes, {
      name: 'wasmgate',
      certificates: 'development',
      configuration: {
        policy: { preferRuntimeClasses: ['crun-wasm'] },
        registry: { plainHttp: [registry.host], allowAddresses: ['127.0.0.1/32'] },
      },
      ...(port === undefined ? {} : { port }),
    });
  const module = (name: string, inNamespace: string) =>
    deployment(name, inNamespace, { spec: { containers: [{ name: 'app', image }] } });
  const create = async (...objects: readonly object[]): Promise<void> =>
    void (await must(apply(kubernetes.kubectl, objects)));
  /** Why the API server rejects a Pod of this namespace; empty if it does not. */
  const rejection = async (inNamespace: string): Promise<string> => {
    const probe = JSON.stringify(pod('probe', inNamespace, { spec: { containers: [{ name: 'a', image }] } }));
    const { code, stderr } = await kubernetes.kubectl(['create', '--dry-run=server', '-f', '-'], {
      stdin: probe,
    });
    return code === 0 ? '' : stderr;
  };

  beforeAll(async () => {
    kubernetes = await startKubernetesServer(servers.paths);
    registry = await startDistribution(servers.paths, 'none');
    image = await registry.push('bk-wasi-wasm', 'demo/module:1');
    await must(kubectl('apply', '--server-side', '-k', join(MANIFESTS, 'base')));
    await create(...(await renderManifests(kubernetes.kubectl, 'runtime-classes')));
    wasmgate = await start();
    await wasmgate.process.stop();

    await create(
      namespace('closed', CLOSED),
      namespace('other', { [LABEL]: 'false' }),
      namespace('off', { ...CLOSED, 'wasmgate.dev/mode': 'off' }),
    );
    await must(kubectl('label', 'namespace', 'kube-system', 'wasmgate-system', `${LABEL}=true`));
    await create(deployment('running', 'closed'));
    await podsOf(kubernetes.kubectl, 'closed', 'app=running');

    await using overlay = await writeOverlay(['fail-closed']);
    const endpoint = { url: `https://127.0.0.1:${wasmgate.port}`, caBundle: wasmgate.caBundle };
    await installBase(kubernetes.kubectl, endpoint, overlay.folder);
    await waitForWebhooks(async () => (await rejection('closed')) !== '');
  });
  afterAll(async () => {
    await wasmgate?.process.stop();
    await registry?.stop();
    await kubernetes?.stop();
  });

  test('without wasmgate, Pods of a labeled namespace wait, and the reason is on their ReplicaSet', async () => {
    await create(module('web', 'closed'));
    expect(await failureOf('web')).toContain(UNANSWERED);
    expect(await rejection('closed')).toContain(UNANSWERED);
    const metrics = await must(kubectl('get', '--raw', '/metrics'));
    const count = 'apiserver_admission_webhook_rejection_count{error_type="calling_webhook_error"';
    expect(metrics.split('\n').filter((line) => line.startsWith(count))).toContainEqual(
      expect.stringContaining('name="validate-fail.wasmgate.dev"'),
    );
  });

  test.each(['other', 'off', 'kube-system'])('without wasmgate, Pods of namespace %s start', async (name) => {
    await create(module('web', name));
    expect(await podsOf(kubernetes.kubectl, name, 'app=web')).toHaveLength(1);
  });

  test("without wasmgate, wasmgate's own Pods start, although their namespace has the label", async () => {
    const own = ['-n', 'wasmgate-system', '-l', 'app.kubernetes.io/name=wasmgate'];
    await must(kubectl('delete', 'pods', ...own, '--now'));
    const started = ['deployment/wasmgate', '-n', 'wasmgate-system', '--for=jsonpath={.status.replicas}=2'];
    await must(kubectl('wait', ...started, '--timeout=120s'));
    expect(JSON.parse(await must(kubectl('get', 'pods', ...own, '-o', 'json')))).toMatchObject({
      items: [{}, {}],
    });
  });

  test('without wasmgate, running Pods can be changed and deleted, but get no new image', async () => {
    const [running] = await podsOf(kubernetes.kubectl, 'closed', 'app=running');
    const target = ['-n', 'closed', `pod/${running?.metadata.name}`];
    await must(kubectl('label', ...target, 'a=b'));
    const changed = await kubectl('set', 'image', ...target, `main=${image}`);
    expect(changed.stderr).toContain(UNANSWERED);
    const debugged = await kubectl('debug', ...target, `--image=${image}`, '--container=debugger');
    expect(debugged.stderr).toContain(UNANSWERED);
    await must(kubectl('scale', '-n', 'closed', 'deployment/running', '--replicas=0'));
    await must(kubectl('delete', ...target, '--now', '--ignore-not-found'));
  });

  test('one command suspends it without wasmgate, and another makes waiting ReplicaSets try at once', async () => {
    const manual = readFileSync(join(MANIFESTS, 'README.md'), 'utf8');
    const [verb, kind, name, flag, patch] = setFailurePolicy('Ignore');
    expect(manual).toContain(`kubectl ${verb} ${kind} ${name} ${flag} '${patch}'`);
    await must(kubectl(...setFailurePolicy('Ignore')));
    await waitForWebhooks(async () => (await rejection('closed')) === '');
    const retry = 'annotate replicasets --all --overwrite example.com/retried=1';
    expect(manual).toContain(`kubectl -n team-a ${retry}`);
    await must(kubectl('-n', 'closed', ...retry.split(' ')));
    await podsOf(kubernetes.kubectl, 'closed', 'app=web');

    await must(kubectl(...setFailurePolicy('Fail')));
    await waitForWebhooks(async () => (await rejection('closed')) !== '');
  });

  test('waiting Pods are created and judged when wasmgate is back, by the second entry', async () => {
    await create(module('late', 'closed'));
    expect(await failureOf('late')).toContain(UNANSWERED);
    wasmgate = await start(wasmgate.port);
    const [late] = await podsOf(kubernetes.kubectl, 'closed', 'app=late');
    expect(late?.spec['runtimeClassName']).toBe('crun-wasm');
    expect(await waitFor(judgedPod, { what: 'the audit log', seconds: 60 })).toMatchObject({
      'validate-fail.wasmgate.dev/images': 'app=wasm/wasi-image',
      'validate-fail.wasmgate.dev/outcome': expect.any(String) as string,
    });
  });

  test('a Pod that only the mutating call missed is denied, and changed at the next attempt', async () => {
    const url = (port: number) => [
      'patch',
      'mutatingwebhookconfiguration',
      'wasmgate',
      '-p',
      `{"webhooks":[{"name":"mutate.wasmgate.dev","clientConfig":{"url":"https://127.0.0.1:${port}/mutate"}}]}`,
    ];
    await must(kubectl(...url(await freePort())));
    await waitForWebhooks(async () => (await rejection('closed')) !== '');
    await create(module('missed', 'closed'));
    const reason = await failureOf('missed');
    expect(reason).toContain('admission webhook "validate-fail.wasmgate.dev" denied the request');
    expect(reason).toContain('wasm-image-without-runtime-class');

    await must(kubectl(...url(wasmgate.port)));
    const [missed] = await podsOf(kubernetes.kubectl, 'closed', 'app=missed');
    expect(missed?.spec['runtimeClassName']).toBe('crun-wasm');
  });

  /** Waits for the Event-like condition in which a ReplicaSet says why it has no Pods. */
  async function failureOf(app: string): Promise<string> {
    return await waitFor(
      async () => {
        const args = ['replicasets', '-n', 'closed', '-l', `app=${app}`];
        const { items } = await getJson<{ items: readonly ReplicaSet[] }>(kubernetes.kubectl, args);
        const conditions = items.flatMap(({ status }) => status.conditions ?? []);
        return conditions.find(({ type }) => type === 'ReplicaFailure')?.message;
      },
      { what: `the failure of ${app}`, seconds: 120 },
    );
  }

  /** The audit annotations of the first Pod that the second entry judged. A Pod with a generated name has none there. */
  async function judgedPod(): Promise<object | undefined> {
    return readFileSync(kubernetes.auditLog, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"validate-fail.wasmgate.dev/images"'))
      .map((line) => JSON.parse(line) as AuditEvent)
      .find(({ objectRef }) => objectRef.namespace === 'closed')?.annotations;
  }
});

interface ReplicaSet {
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly message: string }[] };
}

interface AuditEvent {
  readonly objectRef: { readonly namespace: string };
  readonly annotations: object;
}
