import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mountSecret, type SecretTexts } from '../support/certs/mounted-secret.ts';
import { installBase, MANIFESTS, type TestPod } from '../support/e2e/install.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { prepareCluster } from '../support/e2e/stage.ts';
import { startWasmgate, type WasmgateProgram } from '../support/e2e/wasmgate-program.ts';
import { apply, getJson, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { createNamespace, pod } from '../support/kubernetes/objects.ts';
import { readLogTail, waitFor } from '../support/lib/processes.ts';
import { type Distribution, startDistribution } from '../support/registry/distribution.ts';
import { basicAuth } from '../support/registry/token-server.ts';
import { certificateFor } from '../support/server/certificates.ts';
import { readSeries } from '../support/telemetry/exposition.ts';

const servers = await realServers([
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kubectl',
  'registry',
  'crane',
]);

/** For what takes seconds on a quiet machine. */
const PATIENT = { seconds: 120 } as const;
const MODULE = 'bk-wasi-wasm';

/** A mounted ConfigMap or Secret that changes. */
async function createVolume(files: SecretTexts) {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-volume-'));
  let contents = files;
  const update = async (changed: SecretTexts): Promise<void> => {
    contents = { ...contents, ...changed };
    await mountSecret(folder, contents);
  };
  await update({});
  return {
    at: (path: string) => join(folder, path),
    update,
    remove: () => rm(folder, { recursive: true }),
  };
}

describe.skipIf(servers.missing)(`a configuration that changes while wasmgate runs${servers.note}`, () => {
  let kubernetes: KubernetesServer;
  let open: Distribution;
  let secured: Distribution;
  let locked: Distribution;
  let volume: Awaited<ReturnType<typeof createVolume>>;
  let wasmgate: WasmgateProgram;
  let ca: string;
  let registry: object;
  let team: string;

  beforeAll(async () => {
    kubernetes = await startKubernetesServer(servers.paths);
    const { kubectl } = kubernetes;
    await must(kubectl(['apply', '--server-side', '-k', join(MANIFESTS, 'base')]));
    await prepareCluster(kubectl);
    const keys = await certificateFor();
    ca = keys.cert;
    open = await startDistribution(servers.paths, 'none');
    secured = await startDistribution(servers.paths, 'none', { tls: keys });
    locked = await startDistribution(servers.paths, 'basic');
    volume = await createVolume({
      'ca.pem': (await certificateFor()).cert,
      'registries.yaml': 'mirrors: {}',
      'config.json': '{}',
      'hosts/known.test/hosts.toml': 'server = "https://known.test"',
    });
    registry = {
      allowAddresses: ['127.0.0.1/32', '::1/128'],
      plainHttp: [open.host, locked.host],
      caFile: volume.at('ca.pem'),
      registriesFile: volume.at('registries.yaml'),
      hostsDirectory: volume.at('hosts'),
      dockerConfig: volume.at('config.json'),
    };
    wasmgate = await startWasmgate(kubernetes, {
      name: 'live',
      certificates: 'development',
      configuration: { registry },
    });
    await installBase(kubectl, { url: `https://127.0.0.1:${wasmgate.port}`, caBundle: wasmgate.caBundle });
    team = await createNamespace(kubectl, 'live');
    const image = await open.push(MODULE, 'demo/module:1');
    await waitFor(async () => (await classOf(image)) !== '', {
      what: 'the webhook configurations to take effect',
      ...PATIENT,
    });
  });
  afterAll(async () => {
    await wasmgate?.process.stop();
    await Promise.all([open?.stop(), secured?.stop(), locked?.stop(), kubernetes?.stop(), volume?.remove()]);
  });

  async function configure(sections: object): Promise<void> {
    const head = { apiVersion: 'wasmgate.dev/v1alpha1', kind: 'Configuration' };
    await writeFile(wasmgate.file, JSON.stringify({ ...head, registry, ...sections }));
  }

  /** Returns the class that a new Pod with this image gets, '' if none. Nothing is stored. */
  async function classOf(image: string): Promise<string> {
    const trial = JSON.stringify(pod('trial', team, { spec: { containers: [{ name: 'main', image }] } }));
    const args = ['create', '--dry-run=server', '-o=jsonpath={.spec.runtimeClassName}', '-f', '-'];
    return must(kubernetes.kubectl(args, { stdin: trial }));
  }

  async function waitForClass(image: string): Promise<void> {
    try {
      await waitFor(async () => (await classOf(image)) === 'wasmtime', {
        what: `a class for ${image}`,
        ...PATIENT,
      });
    } catch (error) {
      throw new Error(await readLogTail(wasmgate.process.logFile), { cause: error });
    }
  }

  async function logLines(): Promise<readonly Record<string, unknown>[]> {
    const lines = (await readFile(wasmgate.process.logFile, 'utf8')).split('\n');
    // The last one may still be incomplete.
    return lines
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  const waitForLine = (message: string, isIt: (line: Record<string, unknown>) => boolean) =>
    waitFor(async () => (await logLines()).find((line) => line['msg'] === message && isIt(line)), {
      what: message,
      ...PATIENT,
    });

  async function isReloadSuccessful(): Promise<boolean> {
    const page = await (await fetch(`http://127.0.0.1:${wasmgate.metricsPort}/metrics`)).text();
    return readSeries(page)['wasmgate_config_last_reload_successful'] === 1;
  }

  test('an authority that comes late counts at once, and Pods admitted without it are judged', async () => {
    const image = `${secured.host}/demo/module:1`;
    await secured.push(MODULE, 'demo/module:1');
    const spec = { containers: [{ name: 'main', image }] };
    await must(apply(kubernetes.kubectl, [pod('early', team, { spec })]));
    const early = await getJson<TestPod>(kubernetes.kubectl, ['pod', 'early', '-n', team]);
    expect(early.spec['runtimeClassName']).toBeUndefined();
    await volume.update({ 'ca.pem': ca });
    await waitForClass(image);
    expect(
      await waitForLine('configuration applied', ({ files }) => String(files) === volume.at('ca.pem')),
    ).toMatchObject({ level: 'info', file: wasmgate.file });
    const events = async () => {
      const args = [
        'events.events.k8s.io',
        '-n',
        team,
        '--field-selector=reason=WasmImageWithoutRuntimeClass',
      ];
      const { items } = await getJson<{ items: readonly object[] }>(kubernetes.kubectl, args);
      return items.length > 0 && items;
    };
    expect(await waitFor(events, { what: 'an Event on the Pod', ...PATIENT })).toMatchObject([
      { regarding: { kind: 'Pod', name: 'early' } },
    ]);
  });

  test('a mirror in a new hosts.toml', async () => {
    const image = 'new.test/demo/module:1';
    expect(await classOf(image)).toBe('');
    await volume.update({ 'hosts/new.test/hosts.toml': `[host."http://${open.host}"]` });
    await waitForClass(image);
  });

  test('a rotated login in the Docker config', async () => {
    const image = await locked.push(MODULE, 'demo/module:1');
    const wrong = { username: 'puller', password: 'expired' } as unknown as Parameters<typeof basicAuth>[0];
    await volume.update({
      'config.json': JSON.stringify({ auths: { [locked.host]: { auth: basicAuth(wrong) } } }),
    });
    await waitForLine('configuration applied', ({ files }) => String(files) === volume.at('config.json'));
    expect(await classOf(image)).toBe('');
    await volume.update({ 'config.json': locked.dockerConfig });
    await waitForClass(image);
    expect(await readFile(wasmgate.process.logFile, 'utf8')).not.toContain(basicAuth(wrong));
  });

  test('an invalid registries.yaml changes nothing, until it is valid again', async () => {
    const image = `${open.host}/demo/module:1`;
    await volume.update({ 'registries.yaml': 'mirrors: [' });
    const { err } = await waitForLine('configuration rejected; the previous one stays in use', () => true);
    expect(err).toMatchObject({ message: expect.stringContaining('registry.registriesFile') });
    expect(await isReloadSuccessful()).toBe(false);
    await configure({ policy: { mode: 'audit' } });
    expect(await classOf(image)).toBe('wasmtime');
    await volume.update({ 'registries.yaml': 'mirrors: {}' });
    await waitFor(async () => (await classOf(image)) === '', { what: 'mode audit', ...PATIENT });
    expect(await isReloadSuccessful()).toBe(true);
    await configure({});
    await waitForClass(image);
  });

  test('admissions go on while the settings of registries change, and the log follows its own', async () => {
    const image = `${open.host}/demo/module:1`;
    const classes = new Set<string>();
    const over = new AbortController();
    const load = (async (): Promise<void> => {
      while (!over.signal.aborted) classes.add(await classOf(image));
    })();
    const applied = async () =>
      (await logLines()).filter(({ msg }) => msg === 'configuration applied').length;
    try {
      for (const seconds of [100, 200, 300]) {
        const before = await applied();
        const changed = {
          images: { tagSeconds: seconds },
          log: { level: 'debug' },
          server: { port: seconds },
        };
        await configure(changed);
        await waitFor(async () => (await applied()) > before, { what: 'a reload', ...PATIENT });
      }
    } finally {
      over.abort();
      await load;
    }
    expect([...classes]).toEqual(['wasmtime']);
    const lines = await logLines();
    expect(lines.some(({ level }) => level === 'debug')).toBe(true);
    // The flag --port wins over the file.
    expect(lines.filter(({ msg }) => String(msg).includes('after a restart'))).toEqual([]);
  });
});
