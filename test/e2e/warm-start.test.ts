import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import jsonPatch, { type Operation } from 'fast-json-patch';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { STORE_TIMES } from '../../src/images/image-store.ts';
import { MANIFESTS, renderManifests } from '../support/e2e/install.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { startWasmgate, type WasmgateProgram } from '../support/e2e/wasmgate-program.ts';
import { apply, getJson, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { namespace as namespaceObject, pod } from '../support/kubernetes/objects.ts';
import { readLogTail, waitFor } from '../support/lib/processes.ts';
import { type Distribution, startDistribution } from '../support/registry/distribution.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl', 'registry', 'crane']);
const client = new Agent({ connect: { rejectUnauthorized: false } });
/** Tags expire at once, so that answers after that come from what is known, not from a lookup that is still good. */
const images = { tagSeconds: 1 };
const OWN = ['-n', 'wasmgate-system'];

interface Secret {
  readonly metadata: { readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
}

describe.skipIf(servers.missing)(`a new replica${servers.note}`, () => {
  let kubernetes: KubernetesServer;
  beforeAll(async () => {
    const { 'kube-apiserver': apiServer, etcd, kubectl } = servers.paths;
    kubernetes = await startKubernetesServer({ 'kube-apiserver': apiServer, etcd, kubectl });
    await must(kubernetes.kubectl(['apply', '-k', join(MANIFESTS, 'base'), '--server-side']));
    const classes = await renderManifests(kubernetes.kubectl, 'runtime-classes');
    await must(apply(kubernetes.kubectl, classes));
  });
  afterAll(async () => {
    await kubernetes?.stop();
    await client.close();
  });

  async function start(name: string, registries: readonly Distribution[]): Promise<WasmgateProgram> {
    const program = await startWasmgate(kubernetes, {
      name,
      certificates: 'cluster',
      configuration: {
        images,
        registry: {
          plainHttp: registries.flatMap(({ hosts }) => hosts),
          allowAddresses: ['127.0.0.1/32', '::1/128'],
        },
      },
    });
    onTestFailed(async () => console.error(`--- ${name}\n${await readLogTail(program.process.logFile)}`));
    return program;
  }

  /** A namespace with a pull secret, two registries, and Pods of all kinds. */
  async function setUp() {
    const open = await startDistribution(servers.paths, 'none');
    const basic = await startDistribution(servers.paths, 'basic');
    const namespace = await createTenant('team');
    const stranger = await createTenant('stranger');
    const data = { '.dockerconfigjson': Buffer.from(basic.dockerConfig).toString('base64') };
    const metadata = { name: 'account', namespace };
    const type = 'kubernetes.io/dockerconfigjson';
    await must(apply(kubernetes.kubectl, [{ apiVersion: 'v1', kind: 'Secret', type, metadata, data }]));
    const own = await basic.push('bk-wasi-wasm', 'team/private:1');
    const imagePullSecrets = [{ name: 'account' }];
    const withImage = (name: string, image: string, more: object = {}) =>
      pod(name, namespace, { spec: { containers: [{ name: 'app', image }], ...more } });
    const pods = {
      module: withImage('module', await open.push('bk-wasi-wasm', 'demo/module:1')),
      // Only the files in its layer show what it is.
      spin: withImage('spin', await open.push('spin-rootfs-wasi', 'demo/spin:1')),
      linux: withImage('linux', await open.push('linux-plain', 'demo/linux:1')),
      private: withImage('private', own, { imagePullSecrets }),
    };
    const stolen = pod('stolen', stranger, {
      spec: { containers: [{ name: 'app', image: own }], imagePullSecrets },
    });
    const stop = (): Promise<unknown> => Promise.all([open.stop(), basic.stop()]);
    return { pods, stolen, registries: [open, basic], namespace, stop };
  }

  test('answers in an outage of the registries as the one before it did, and no namespace more', async () => {
    const { pods, stolen, registries, stop } = await setUp();
    await using first = await start('first', registries);
    const learned = await answersOf(first, Object.values(pods));
    expect(learned.map(({ patch }) => patch !== null)).toEqual([true, true, false, true]);
    await stop();
    await sleep(1_500);
    const before = await answersOf(first, Object.values(pods));
    expect(before.map(({ patch }) => patch)).toEqual(learned.map(({ patch }) => patch));
    expect(await first.process.stop()).toBe(0);

    await using second = await start('second', registries);
    expect(await answersOf(second, Object.values(pods))).toEqual(before);
    expect(await logOf(second)).toContain('"learned images before the first admission"');
    expect(await metricOf(second, 'wasmgate_images_warmed_total{source="stored"}')).toBeGreaterThanOrEqual(4);
    const [answer] = await answersOf(second, [stolen]);
    expect(answer).toMatchObject({ patch: null });
    const { annotations } = await ask(second, 'validate', stolen);
    expect(JSON.stringify(annotations)).toMatch(/unknown|unreachable/);
  });

  test('knows after kill -9 what the one before it knew a minute earlier', async () => {
    const { pods, registries, stop } = await setUp();
    await using first = await start('killed', registries);
    const before = await secret();
    const learned = await answersOf(first, Object.values(pods));
    await waitFor(async () => (await secret()).metadata.resourceVersion !== before.metadata.resourceVersion, {
      what: 'the images in the Secret',
      seconds: 120 + STORE_TIMES.longestMilliseconds / 1000,
    });
    process.kill(await pidOf('killed'), 'SIGKILL');
    await first.process.exited;
    await stop();
    await using second = await start('after-kill', registries);
    const answers = await answersOf(second, Object.values(pods));
    expect(answers.map(({ patch }) => patch)).toEqual(learned.map(({ patch }) => patch));
  }, 400_000);

  test('looks up the images of running Pods that it does not know, before it is ready', async () => {
    const { pods, registries, stop } = await setUp();
    await must(apply(kubernetes.kubectl, Object.values(pods)));
    for (const { metadata } of Object.values(pods)) await setRunning(metadata.namespace, metadata.name);
    await using first = await start('fresh', registries);
    // It is ready: what it knows now, it knew before the first admission.
    await stop();
    expect(await metricOf(first, 'wasmgate_images_warmed_total{source="registry"}')).toBe(4);
    const answers = await answersOf(first, Object.values(pods));
    expect(answers.map(({ patch }) => patch !== null)).toEqual([true, true, false, true]);
    await must(
      kubernetes.kubectl(['delete', 'pods', '--all', '--all-namespaces', '--force', '--grace-period=0']),
    );
  });

  test('ignores a damaged snapshot with a line in the log, and replaces it', async () => {
    const { pods, registries, stop } = await setUp();
    const data = { 'images.gz': Buffer.from('not gzip').toString('base64') };
    await must(
      kubernetes.kubectl([
        'patch',
        'secret',
        'wasmgate-images',
        ...OWN,
        '--type=merge',
        '-p',
        JSON.stringify({ data }),
      ]),
    );
    await using first = await start('damaged', registries);
    await answersOf(first, Object.values(pods));
    expect(await logOf(first)).toContain('ignored the stored images');
    await first.process.stop();
    await stop();
    await using second = await start('after-damage', registries);
    expect(await logOf(second)).not.toContain('ignored');
    expect(await metricOf(second, 'wasmgate_images_warmed_total{source="stored"}')).toBe(4);
  });

  test('starts without the right to share what it knows, says so once, and works', async () => {
    const { pods, registries, stop } = await setUp();
    await must(kubernetes.kubectl(['delete', 'clusterrolebinding/wasmgate-warm-start']));
    await must(kubernetes.kubectl(['delete', 'rolebinding/wasmgate-warm-start', ...OWN]));
    for (const right of ['list pods', 'patch secrets/wasmgate-images']) await waitUntilForbidden(right);
    const before = await secret();
    await using first = await start('without', registries);
    const [answer] = await answersOf(first, [pods.module]);
    expect(answer?.patch).not.toBeNull();
    await first.process.stop();
    const log = await logOf(first);
    expect(log.split('replicas do not share what they know of images')).toHaveLength(2);
    expect(log.split('images of running Pods are not looked up at the start')).toHaveLength(2);
    expect(log).not.toMatch(/"level":"(?:warn|error)"/);
    expect(await secret()).toEqual(before);
    await stop();
    await must(kubernetes.kubectl(['apply', '-k', join(MANIFESTS, 'base'), '--server-side']));
    expect((await secret()).data).toEqual(before.data);
  });

  /** A namespace that accepts Pods, although no controller creates its account. */
  async function createTenant(prefix: string): Promise<string> {
    const name = `${prefix}-${randomUUID().slice(0, 8)}`;
    const metadata = { name: 'default', namespace: name };
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
    await must(apply(kubernetes.kubectl, [namespaceObject(name), account]));
    return name;
  }

  function secret(): Promise<Secret> {
    return getJson<Secret>(kubernetes.kubectl, ['secret', 'wasmgate-images', ...OWN]);
  }

  async function setRunning(namespace: string, name: string): Promise<void> {
    const patch = JSON.stringify({ status: { phase: 'Running' } });
    const args = ['patch', 'pod', name, '-n', namespace, '--subresource=status', '--type=merge', '-p', patch];
    await must(kubernetes.kubectl(args));
  }

  /** The API server needs a moment to see that a binding is gone. */
  async function waitUntilForbidden(right: string): Promise<void> {
    const account = '--as=system:serviceaccount:wasmgate-system:wasmgate';
    const question = ['auth', 'can-i', ...right.split(' '), account, ...OWN];
    await waitFor(async () => (await kubernetes.kubectl(question)).stdout.trim() === 'no', {
      what: `the API server to forbid: ${right}`,
      seconds: 120,
    });
  }

  async function metricOf({ metricsPort }: WasmgateProgram, sample: string): Promise<number> {
    const page = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    const line = page.split('\n').find((one) => one.startsWith(`${sample} `));
    return Number(line?.slice(sample.length));
  }

  function logOf(program: WasmgateProgram): Promise<string> {
    return readFile(program.process.logFile, 'utf8');
  }

  /** The process of wasmgate itself, which a shell keeps: by the file that only this one has on its command line. */
  async function pidOf(name: string): Promise<number> {
    const file = join(kubernetes.folder, `${name}.yaml`);
    for (const entry of await readdir('/proc')) {
      const words = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
      const [program = '', ...args] = words.split('\0');
      if (program === process.execPath && args.includes(file)) return Number(entry);
    }
    throw new Error(`Cannot find process "${name}"`);
  }
});

interface Answer {
  readonly allowed: boolean;
  readonly patch: string | null;
  readonly warnings: readonly string[];
  readonly annotations: object;
}

type Pod = ReturnType<typeof pod>;

async function ask({ port }: WasmgateProgram, step: 'mutate' | 'validate', object: Pod): Promise<Answer> {
  const body = JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: randomUUID(),
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      operation: 'CREATE',
      namespace: object.metadata.namespace,
      object,
    },
  });
  const url = `https://127.0.0.1:${port}/${step}?timeout=10s`;
  const headers = { 'content-type': 'application/json' };
  const answer = await request(url, { method: 'POST', dispatcher: client, headers, body });
  const { response } = (await answer.body.json()) as {
    response: Partial<Answer> & { auditAnnotations?: object };
  };
  const { allowed = false, patch = null, warnings = [], auditAnnotations = {} } = response;
  return { allowed, patch, warnings, annotations: auditAnnotations };
}

function applied(object: Pod, patch: string): Pod {
  const operations = JSON.parse(Buffer.from(patch, 'base64').toString('utf8')) as readonly Operation[];
  return jsonPatch.applyPatch(object, operations, false, false).newDocument;
}

/** The answers of both webhooks to these Pods. */
async function answersOf(program: WasmgateProgram, pods: readonly Pod[]) {
  const answers = [];
  for (const one of pods) {
    const { patch } = await ask(program, 'mutate', one);
    const patched = patch === null ? one : applied(one, patch);
    const validated = await ask(program, 'validate', patched);
    answers.push({ patch, validated });
  }
  return answers;
}
