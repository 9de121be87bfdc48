import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Report } from '../../../src/cli/review/report.ts';
import { FACTS, podOf, useReviewStage } from '../../support/cli/review-stage.ts';
import { kubeconfigText } from '../../support/kubernetes/kubectl.ts';
import { forbid, serveObjects, type ServedObject } from '../../support/kubernetes/objects-api.ts';
import { startScriptedApi, type Step } from '../../support/kubernetes/scripted-api.ts';

const stage = useReviewStage();

const OBJECTS = parseAllDocuments(FACTS).map((document) => document.toJS() as ServedObject);

const HEAD = 'apiVersion: wasmgate.dev/v1alpha1\nkind: Configuration\n';
const IN_AUDIT = `${HEAD}policy: {mode: audit}\n`;

function webhook(namespace: string): ServedObject & object {
  const clientConfig = { service: { name: 'wasmgate', namespace } };
  return {
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'wasmgate' },
    webhooks: [{ name: 'validate.wasmgate.dev', clientConfig }],
  } as ServedObject;
}

interface Mount {
  readonly args?: readonly string[];
  readonly volume?: object;
  readonly mount?: object;
}

function deployment(namespace: string, { args, volume, mount }: Mount = {}): ServedObject {
  const container = {
    name: 'wasmgate',
    args: args ?? ['serve', '--config', '/etc/wasmgate/configuration.yaml'],
    volumeMounts: [{ name: 'configuration', mountPath: '/etc/wasmgate', ...mount }],
  };
  const volumes = [
    { name: 'configuration', ...(volume ?? { configMap: { name: 'wasmgate-configuration' } }) },
  ];
  return {
    kind: 'Deployment',
    metadata: { name: 'wasmgate', namespace },
    spec: { template: { spec: { containers: [container], volumes } } },
  } as ServedObject;
}

function configMap(
  text: string,
  { namespace = 'wasmgate-system', name = 'wasmgate-configuration', key = 'configuration.yaml' } = {},
): ServedObject {
  return { kind: 'ConfigMap', metadata: { name, namespace }, data: { [key]: text } } as ServedObject;
}

const INSTALLED = [webhook('wasmgate-system'), deployment('wasmgate-system')];

interface Case {
  readonly objects: readonly ServedObject[];
  readonly failing?: Readonly<Record<string, Step>>;
  readonly flags?: readonly string[];
  readonly pod?: string;
}

async function review({ objects, failing = {}, flags = [], pod = podOf('a', 'bk-wasi-wasm') }: Case) {
  const fail = (path: string): Step | undefined =>
    Object.entries(failing).find(([part]) => path.includes(part))?.[1];
  await using api = await startScriptedApi([serveObjects([...OBJECTS, ...objects], fail)]);
  const server = api.connection.server.href;
  const kubeconfig = await stage.write(
    'kubeconfig',
    kubeconfigText({ server, certificateAuthority: '', token: 'x' }),
  );
  const file = await stage.write('pod.yaml', pod);
  const run = await stage.review(['-f', file, '--live', '--kubeconfig', kubeconfig, '-o', 'json', ...flags]);
  if (run.stdout === '') throw new Error(run.stderr);
  return { ...run, report: JSON.parse(run.stdout) as Report };
}

const OTHER = { namespace: 'platform', name: 'gate', key: 'wasm.yaml' };

test.each([
  [
    'of the manifests',
    [...INSTALLED, configMap(IN_AUDIT)],
    'ConfigMap wasmgate-system/wasmgate-configuration',
  ],
  [
    'in another namespace',
    [webhook('platform'), deployment('platform'), configMap(IN_AUDIT, { namespace: 'platform' })],
    'ConfigMap platform/wasmgate-configuration',
  ],
  [
    'of another name and key',
    [
      webhook('platform'),
      deployment('platform', {
        args: ['serve', '--config=/etc/wasmgate/configuration.yaml'],
        volume: { configMap: { name: 'gate', items: [{ key: 'wasm.yaml', path: 'configuration.yaml' }] } },
      }),
      configMap(IN_AUDIT, OTHER),
    ],
    'ConfigMap platform/gate',
  ],
  [
    'mounted as one file',
    [
      webhook('platform'),
      deployment('platform', {
        volume: { configMap: { name: 'gate' } },
        mount: { mountPath: '/etc/wasmgate/configuration.yaml', subPath: 'wasm.yaml' },
      }),
      configMap(IN_AUDIT, OTHER),
    ],
    'ConfigMap platform/gate',
  ],
  [
    'while the webhooks are deleted',
    [deployment('wasmgate-system'), configMap(IN_AUDIT)],
    'ConfigMap wasmgate-system/wasmgate-configuration',
  ],
])('uses the ConfigMap %s, and says so', async (_case, objects, source) => {
  const { stderr, report, exitCode } = await review({ objects });
  expect(stderr).toBe(`Configuration: ${source}\n`);
  expect(report).toMatchObject({
    configuration: source,
    items: [{ mode: 'audit', outcome: 'admitted' }],
    unreadable: [],
  });
  expect(exitCode).toBe(0);
});

test.each([
  ['the webhooks', { webhookconfigurations: forbid('webhookconfigurations') }],
  ['Deployments', { '/deployments': forbid('deployments') }],
  ['both', { webhookconfigurations: forbid('webhookconfigurations'), '/deployments': forbid('deployments') }],
])('finds it by its name without the right to read %s', async (_case, failing) => {
  const { report } = await review({ objects: [...INSTALLED, configMap(IN_AUDIT)], failing });
  expect(report).toMatchObject({ items: [{ mode: 'audit' }], unreadable: [] });
});

test.each([
  ['wasmgate is not installed', [], 'the defaults, because wasmgate is not installed in this cluster'],
  [
    'wasmgate runs without one',
    [webhook('wasmgate-system'), deployment('wasmgate-system', { args: ['serve'] })],
    'the defaults, because Deployment "wasmgate-system/wasmgate" names no configuration',
  ],
])('uses the defaults if %s, and says why', async (_case, objects, source) => {
  const { stderr, report } = await review({ objects });
  expect(stderr).toBe(`Configuration: ${source}\n`);
  expect(report.items).toMatchObject([{ mode: 'enforce', outcome: 'changed', hangsOn: [] }]);
});

test('does not believe a Deployment that a tenant labeled as wasmgate’s', async () => {
  const { report, exitCode } = await review({
    objects: [deployment('zoo'), configMap(IN_AUDIT, { namespace: 'zoo' })],
  });
  expect(report).toMatchObject({
    configuration: 'the defaults, because that of the cluster is not known',
    items: [{ outcome: 'undecided', hangsOn: ['configuration'] }],
    unreadable: [
      {
        message:
          'Cannot read the configuration of wasmgate: no webhook of wasmgate exists, and a label alone does not show that Deployment "zoo/wasmgate" is wasmgate',
        advice: 'Pass the configuration with --config FILE.',
      },
    ],
  });
  expect(exitCode).toBe(3);
});

test('a file that the user names wins', async () => {
  const file = await stage.write('config.yaml', `${HEAD}policy: {mode: warn}\n`);
  const { stderr, report } = await review({
    objects: [...INSTALLED, configMap(IN_AUDIT)],
    flags: ['--config', file],
  });
  expect(stderr).toBe(`Configuration: file ${file}\n`);
  expect(report.items).toMatchObject([{ mode: 'warn' }]);
});

test.each([
  [
    'the right to read it is missing',
    { objects: INSTALLED, failing: { '/configmaps/': forbid('configmaps') } },
    'The right to get configmaps "wasmgate-configuration" in namespace "wasmgate-system" is missing.',
  ],
  [
    'it does not exist',
    { objects: INSTALLED },
    'there is no ConfigMap "wasmgate-system/wasmgate-configuration"',
  ],
  [
    'it lacks the key',
    { objects: [...INSTALLED, configMap(IN_AUDIT, { key: 'other' })] },
    'has no key "configuration.yaml"',
  ],
  [
    'it is invalid',
    { objects: [...INSTALLED, configMap(`${HEAD}policy: {mod: audit}\n`)] },
    'policy.mod: there is no such key. Did you mean "mode"?',
  ],
  [
    'it is no ConfigMap',
    { objects: [webhook('wasmgate-system'), deployment('wasmgate-system', { volume: { secret: {} } })] },
    'Deployment "wasmgate-system/wasmgate" has it in no ConfigMap',
  ],
  [
    'nothing can be read',
    {
      objects: [],
      failing: {
        webhookconfigurations: forbid('webhookconfigurations'),
        '/deployments': forbid('deployments'),
        '/configmaps/': forbid('configmaps'),
      },
    },
    '--config FILE',
  ],
] satisfies readonly (readonly [string, Case, string])[])(
  'everything is undecided if %s',
  async (_case, given, message) => {
    const { stderr, report, exitCode } = await review({ ...given, pod: podOf('a', 'linux-plain') });
    expect(stderr).toContain(message);
    expect(stderr).toContain('Configuration: the defaults, because that of the cluster is not known');
    expect(report).toMatchObject({
      items: [{ outcome: 'undecided', hangsOn: ['configuration'] }],
      unreadable: [{ fact: 'configuration' }],
    });
    expect(exitCode).toBe(3);
  },
);

test('files that the configuration names are not read on this machine', async () => {
  const registry = {
    caFile: '/etc/wasmgate/ca.pem',
    hostsDirectory: '/etc/containerd/certs.d',
    dockerConfig: '/etc/docker/config.json',
    tls: { 'registry.internal': { certFile: '/etc/wasmgate/client.pem' } },
  };
  const { stderr, report } = await review({
    objects: [...INSTALLED, configMap(`${HEAD}registry: ${JSON.stringify(registry)}\n`)],
  });
  expect(stderr).toContain(
    'registry.caFile, registry.hostsDirectory, registry.dockerConfig, registry.tls["registry.internal"]',
  );
  expect(report.items).toMatchObject([{ outcome: 'changed', hangsOn: [] }]);
});
