import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import packageJson from '../../package.json' with { type: 'json' };
import { SCENARIOS } from '../../src/policy/settings.ts';
import { configurations } from '../../src/wire/settings.ts';
import { CHART, createHelm, type Helm, renderChart } from '../support/e2e/helm.ts';
import { type KubernetesObject, MANIFESTS, renderManifests, writeOverlay } from '../support/e2e/install.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { createKubectl, type Kubectl, must } from '../support/kubernetes/kubectl.ts';

const servers = await realServers(['helm', 'kubectl']);

/** Labels that only Helm's objects have. */
const HELM_LABELS = ['instance', 'managed-by', 'version'].map((name) => `app.kubernetes.io/${name}`);
HELM_LABELS.push('helm.sh/chart');

/** The values that turn on what a component adds. */
const SWITCHES = {
  'audit-report': { auditReport: { enabled: true } },
  'cert-manager': { certManager: { enabled: true } },
  'fail-closed': { failClosed: { enabled: true } },
  'high-availability': { highAvailability: { enabled: true } },
  monitoring: { monitoring: { enabled: true } },
  'network-policy': { networkPolicy: { enabled: true, apiServers: ['192.0.2.1/32'] } },
} as const;
const ALL: object = Object.assign({}, ...Object.values(SWITCHES));

interface Labeled extends KubernetesObject {
  readonly metadata: KubernetesObject['metadata'] & { readonly labels?: Readonly<Record<string, string>> };
}

interface ConfigMap extends KubernetesObject {
  readonly data: Readonly<Record<string, string>>;
}

interface PodTemplate {
  readonly metadata: { readonly labels: object; readonly annotations: object };
  readonly spec: { readonly securityContext: object; readonly containers: readonly object[] };
}

const IMAGE = 'ghcr.io/wasmgate/wasmgate';
const DIGEST = `sha256:${'0'.repeat(64)}`;
const PROXY = { name: 'HTTPS_PROXY', value: 'http://proxy.internal:3128' };
const VOLUME = { name: 'accounts', secret: { secretName: 'registry-accounts' } };
const MOUNT = { name: 'accounts', mountPath: '/etc/registry-accounts', readOnly: true };
const REQUESTS = { cpu: '100m', memory: '128Mi' };
const TOLERATION = { key: 'CriticalAddonsOnly', operator: 'Exists' };
const AFFINITY = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [] } };

/** Returns the objects by kind and name, without what Helm adds, and without the namespace, which no chart owns. */
function comparable(objects: readonly Labeled[]): Readonly<Record<string, unknown>> {
  const entries = objects
    .filter(({ kind }) => kind !== 'Namespace')
    .map((object): [string, unknown] => {
      const labels = Object.entries(object.metadata.labels ?? {}).filter(
        ([name]) => !HELM_LABELS.includes(name),
      );
      const metadata = { ...object.metadata, labels: Object.fromEntries(labels) };
      return [`${object.kind} ${object.metadata.name}`, { ...object, metadata }];
    });
  return Object.fromEntries(entries);
}

describe.skipIf(servers.missing)(`manifests/chart${servers.note}`, () => {
  let folder: string;
  let helm: Helm;
  let kubectl: Kubectl;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wasmgate-chart-'));
    helm = createHelm(servers.paths.helm, { folder });
    kubectl = createKubectl(servers.paths.kubectl, '/nonexistent');
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function baseWith(components: readonly string[]): Promise<readonly KubernetesObject[]> {
    await using overlay = await writeOverlay(components);
    return await renderManifests(kubectl, overlay.folder);
  }

  test.each([{}, ALL])('helm lint --strict finds nothing, with the values %o', async (values) => {
    const lint = ['lint', '--strict', CHART, '--namespace=wasmgate-system'];
    const { code, stdout, stderr } = await helm(lint, values);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const findings = stdout.split('\n').filter((line) => line.startsWith('['));
    expect(findings).toEqual(['[INFO] Chart.yaml: icon is recommended']);
  });

  test('its version is that of the program', async () => {
    const { version } = packageJson;
    const chart = parse(await readFile(join(CHART, 'Chart.yaml'), 'utf8'));
    expect(chart).toMatchObject({ apiVersion: 'v2', name: 'wasmgate', version, appVersion: version });
  });

  test('with default values it equals manifests/base', async () => {
    const chart = comparable(await renderChart(helm));
    expect(chart).toEqual(comparable(await baseWith([])));
    expect(Object.keys(chart).length).toBeGreaterThan(15);
  });

  test.each(Object.entries(SWITCHES))('it can add what components/%s adds', async (component, values) => {
    const expected = comparable(await baseWith([component]));
    expect(comparable(await renderChart(helm, { values }))).toEqual(expected);
    expect(expected).not.toEqual(comparable(await baseWith([])));
  });

  test('each component has a value', async () => {
    expect((await readdir(join(MANIFESTS, 'components'))).toSorted()).toEqual(Object.keys(SWITCHES));
  });

  test('it can add them all', async () => {
    const expected = comparable(await baseWith(Object.keys(SWITCHES)));
    expect(comparable(await renderChart(helm, { values: ALL }))).toEqual(expected);
  });

  test('in another namespace, all that names it follows', async () => {
    const base = JSON.stringify(comparable(await baseWith(Object.keys(SWITCHES))));
    const expected = JSON.parse(base.replaceAll('wasmgate-system', 'edge'));
    expect(comparable(await renderChart(helm, { values: ALL, namespace: 'edge' }))).toEqual(expected);
  });

  test.each(SCENARIOS)('it takes the configuration of overlays/%s', async (scenario) => {
    const file = parse(await readFile(join(MANIFESTS, 'overlays', scenario, 'configuration.yaml'), 'utf8'));
    const { data } = await configMapOf({ configuration: file });
    expect(parse(data['configuration.yaml'] ?? '')).toEqual(file);
  });

  test.each([
    [{ image: { repository: 'r.example/w' } }, { image: `r.example/w:${packageJson.version}` }],
    [{ image: { tag: 'edge', pullPolicy: 'Always' } }, { image: `${IMAGE}:edge`, imagePullPolicy: 'Always' }],
    [{ image: { digest: DIGEST } }, { image: `${IMAGE}@${DIGEST}` }],
    [{ image: { tag: '2', digest: DIGEST } }, { image: `${IMAGE}:2@${DIGEST}` }],
    [{ env: [PROXY] }, { env: [expect.objectContaining({ name: 'POD_NAMESPACE' }), PROXY] }],
    [
      { volumeMounts: [MOUNT] },
      { volumeMounts: [expect.objectContaining({ name: 'configuration' }), MOUNT] },
    ],
    [
      { resources: { limits: { memory: '512Mi' } } },
      { resources: { requests: REQUESTS, limits: { memory: '512Mi' } } },
    ],
  ])('the values %j show in the container', async (values, expected) => {
    expect((await podOf(values)).spec.containers[0]).toMatchObject(expected);
  });

  test.each([
    [{ imagePullSecrets: [{ name: 'account' }] }, { imagePullSecrets: [{ name: 'account' }] }],
    [{ nodeSelector: { pool: 'system' } }, { nodeSelector: { pool: 'system', 'kubernetes.io/os': 'linux' } }],
    [{ tolerations: [TOLERATION] }, { tolerations: [TOLERATION] }],
    [{ affinity: AFFINITY }, { affinity: AFFINITY }],
    [{ volumes: [VOLUME] }, { volumes: [expect.objectContaining({ name: 'configuration' }), VOLUME] }],
    [
      { runAsUser: 1_000_680_000 },
      { securityContext: { runAsUser: 1_000_680_000, runAsGroup: 1_000_680_000 } },
    ],
  ])('the values %j show in the Pods', async (values, expected) => {
    expect((await podOf(values)).spec).toMatchObject(expected);
  });

  test('with runAsUser: null, the cluster chooses uid and gid', async () => {
    const { spec } = await podOf({ runAsUser: null });
    expect(spec.securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  });

  test('replicas win over those of highAvailability', async () => {
    const values = { replicas: 5, highAvailability: { enabled: true } };
    const objects = await renderChart(helm, { values });
    expect(objects.find(({ kind }) => kind === 'Deployment')).toMatchObject({ spec: { replicas: 5 } });
  });

  test('labels of the Pods never replace what selectors name; annotations may turn scraping off', async () => {
    const labels = { 'app.kubernetes.io/name': 'other', team: 'platform' };
    const annotations = { 'prometheus.io/scrape': 'false' };
    const { metadata } = await podOf({ podLabels: labels, podAnnotations: annotations });
    expect(metadata.labels).toMatchObject({ 'app.kubernetes.io/name': 'wasmgate', team: 'platform' });
    expect(metadata.annotations).toMatchObject({ ...annotations, 'prometheus.io/port': '8080' });
  });

  test('files stand beside the configuration, byte for byte', async () => {
    const files = { 'registry-ca.pem': '-----BEGIN\n\nEND-----\n', 'hosts.toml': 'server = "https://a"' };
    expect((await configMapOf({ files })).data).toMatchObject(files);
  });

  test('large numbers of the configuration stay integers', async () => {
    const { data } = await configMapOf({ configuration: { images: { tagSeconds: 2_592_000 } } });
    expect(configurations.parse(data['configuration.yaml'] ?? '', 'chart').images.tagSeconds).toBe(2_592_000);
  });

  test("an issuer of the user's replaces the chart's own CA", async () => {
    const issuerRef = { kind: 'ClusterIssuer', name: 'internal' };
    const objects = await renderChart(helm, { values: { certManager: { enabled: true, issuerRef } } });
    const issued = objects.filter(({ apiVersion }) => apiVersion === 'cert-manager.io/v1');
    expect(issued).toMatchObject([{ kind: 'Certificate', spec: { issuerRef } }]);
  });

  test('without clusterWide, no binding allows pull secrets', async () => {
    const usual = Object.keys(comparable(await renderChart(helm)));
    const values = { pullSecrets: { clusterWide: false } };
    const fewer = Object.keys(comparable(await renderChart(helm, { values })));
    expect(usual.filter((name) => !fewer.includes(name))).toEqual([
      'ClusterRoleBinding wasmgate-pull-secrets',
    ]);
  });

  test('without a class of Kubernetes, no quota is needed', async () => {
    const names = Object.keys(comparable(await renderChart(helm, { values: { priorityClassName: 'mine' } })));
    expect(names).not.toContain('ResourceQuota wasmgate-critical-pods');
  });

  test.each([
    [{ repicas: 3 }, "at '': additional properties 'repicas' not allowed"],
    [{ replicas: 'two' }, "at '/replicas': got string, want null or integer"],
    [{ image: { tag: 1.1 } }, "at '/image/tag': got number, want string"],
    [{ image: { digest: 'sha256:1' } }, "at '/image/digest': 'sha256:1' does not match pattern"],
    [{ env: { HTTPS_PROXY: 'http://proxy' } }, "at '/env': got object, want null or array"],
    [{ files: { 'configuration.yaml': '' } }, "at '/files/configuration.yaml': false schema"],
    [
      { configuration: { policy: { mod: 'audit' } } },
      "at '/configuration/policy': additional properties 'mod'",
    ],
    [
      { configuration: { policy: { mode: 'adit' } } },
      "at '/configuration/policy/mode': value must be one of",
    ],
    [
      { configuration: { policy: { findings: { 'no-finding': 'warn' } } } },
      "at '/configuration/policy/findings': additional properties 'no-finding' not allowed",
    ],
    // Service, probes and flags name the ports.
    [
      { configuration: { server: { port: 9443 } } },
      "at '/configuration/server': additional properties 'port'",
    ],
    [{ networkPolicy: { enabled: true } }, 'networkPolicy.apiServers is empty: name the addresses'],
  ])('helm stops at the values %j', async (values, message) => {
    const { code, stderr } = await helm(['template', 'wasmgate', CHART, '-n', 'wasmgate-system'], values);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
  });

  test.each(['default', 'kube-system'])('helm stops at the namespace %s', async (namespace) => {
    const { code, stderr } = await helm(['template', 'wasmgate', CHART, '-n', namespace]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('--create-namespace') });
  });

  test('a parent chart may have globals and a condition', async () => {
    expect(await renderChart(helm, { values: { global: { a: 1 }, enabled: true } })).toEqual(
      await renderChart(helm),
    );
  });

  test.each([
    ['audit', 'nothing is\nchanged or denied'],
    ['enforce', 'Pods that could never start are denied'],
  ])('its notes say what mode %s does', async (mode, words) => {
    const install = ['install', 'wasmgate', CHART, '-n', 'edge', '--dry-run=client'];
    const notes = (await must(helm(install, { configuration: { policy: { mode } } }))).split('NOTES:')[1];
    expect(notes).toContain(`in namespace edge, with scenario mixed and mode ${mode}:`);
    expect(notes).toContain(words);
  });

  async function configMapOf(values: object): Promise<ConfigMap> {
    return (await renderChart(helm, { values })).find(({ kind }) => kind === 'ConfigMap') as ConfigMap;
  }

  async function podOf(values: object): Promise<PodTemplate> {
    const objects = await renderChart(helm, { values });
    const deployment = objects.find(({ kind }) => kind === 'Deployment');
    return (deployment as unknown as { readonly spec: { readonly template: PodTemplate } }).spec.template;
  }
});
