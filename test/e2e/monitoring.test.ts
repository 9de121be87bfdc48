import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MANIFESTS, writeOverlay } from '../support/e2e/install.ts';
import { leadServiceTo } from '../support/e2e/lead-service.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { startWasmgate, type WasmgateProgram } from '../support/e2e/wasmgate-program.ts';
import { apply, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { namespace, pod } from '../support/kubernetes/objects.ts';
import { freePort, waitFor } from '../support/lib/processes.ts';
import { dashboardExpressions, readRuleFile, ruleExpressions } from '../support/monitoring/expressions.ts';
import { findPrometheus, type Prometheus, startPrometheus } from '../support/monitoring/prometheus.ts';
import { type Distribution, startDistribution } from '../support/registry/distribution.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl', 'registry', 'crane']);
const found = await findPrometheus('prometheus');

/** What selects series while all works, as Grafana and people fill it in. */
const VARIABLES: readonly (readonly [name: string, value: string])[] = [
  ['$job', 'wasmgate-system/wasmgate'],
  ['$pod', '.*'],
  ['$__rate_interval', '5m'],
  ['$__range', '5m'],
];

/** Alerts without their threshold, because a healthy system stays below each. */
const EXPRESSIONS = [
  ...ruleExpressions().map(({ where, expr }) => ({
    where,
    expr: expr.trim().replace(/\s(?:>|<|==) [\d ./*]+$/, ''),
  })),
  ...dashboardExpressions().map(({ where, expr }) => ({
    where,
    expr: VARIABLES.reduce((text, [name, value]) => text.replaceAll(name, value), expr),
  })),
];

/** Expressions without a result in a healthy system, and why. */
const EMPTY: Readonly<Record<string, string>> = {
  WasmgateFailOpen: 'the API server has no series before the first failed call',
  WasmgateFailClosed: 'the API server has no series before the first failed call',
  'panel Calls that the API server gave up, A': 'the API server has no series before the first failed call',
  WasmgateDown: 'wasmgate runs',
};

const CLOSED = 'closed';

describe.skipIf(servers.missing || found.missing)(`monitoring${servers.note}${found.note}`, () => {
  const resources = new AsyncDisposableStack();
  let kubernetes: KubernetesServer;
  let registry: Distribution;
  let wasmgate: WasmgateProgram;
  let prometheus: Prometheus;
  let pods: readonly object[];

  beforeAll(async () => {
    const { 'kube-apiserver': apiServer, etcd, kubectl } = servers.paths;
    kubernetes = resources.use(await startKubernetesServer({ 'kube-apiserver': apiServer, etcd, kubectl }));
    registry = resources.use(await startDistribution(servers.paths, 'none'));
    await using overlay = await writeOverlay(['fail-closed']);
    await must(kubernetes.kubectl(['apply', '--server-side', '-k', overlay.folder]));
    await must(kubernetes.kubectl(['apply', '--server-side', '-k', join(MANIFESTS, 'runtime-classes')]));
    const closed = namespace(CLOSED, { 'wasmgate.dev/fail-closed': 'true' });
    await must(apply(kubernetes.kubectl, [namespace('team'), closed]));
    const unreachable = `127.0.0.1:${await freePort()}`;
    wasmgate = resources.use(
      await startWasmgate(kubernetes, {
        name: 'wasmgate',
        certificates: 'cluster',
        configuration: {
          registry: { plainHttp: [...registry.hosts, unreachable], allowAddresses: ['127.0.0.1/32'] },
        },
      }),
    );
    await leadServiceTo(kubernetes.kubectl, wasmgate.port);
    pods = await createPods(unreachable);
    prometheus = resources.use(
      await startPrometheus({
        folder: kubernetes.folder,
        rules: readRuleFile(),
        jobs: [scrapeWasmgate(), await scrapeApiServer()],
      }),
    );
  });
  afterAll(() => resources.disposeAsync());

  /** Pods that are changed, left alone and denied, and such whose images do not exist or cannot be reached. */
  async function createPods(unreachable: string): Promise<readonly object[]> {
    const images = {
      module: await registry.push('bk-wasi-wasm', 'demo/module:1'),
      linux: await registry.push('linux-plain', 'demo/linux:1'),
      denied: await registry.push('spin-v2-app', 'demo/spin:1'),
      missing: `${registry.host}/demo/missing:1`,
      unreachable: `${unreachable}/demo/module:1`,
    };
    return Object.entries(images).map(([name, image]) => {
      const containers = [{ name: 'main', image }];
      return pod(name, 'team', {
        spec: { containers, ...(name === 'denied' ? { runtimeClassName: 'wasmtime' } : {}) },
      });
    });
  }

  /** As a PodMonitor labels what it finds. */
  function scrapeWasmgate(): object {
    const labels = { namespace: 'wasmgate-system', pod: 'wasmgate-1' };
    const targets = [`127.0.0.1:${wasmgate.metricsPort}`];
    return { job_name: 'wasmgate-system/wasmgate', static_configs: [{ targets, labels }] };
  }

  async function scrapeApiServer(): Promise<object> {
    const { kubectl, folder, url } = kubernetes;
    const role = ['clusterrole', 'prometheus', '--verb=get', '--non-resource-url=/metrics'];
    await must(kubectl(['create', ...role]));
    await must(kubectl(['create', 'serviceaccount', 'prometheus', '-n', 'team']));
    const binding = ['clusterrolebinding', 'prometheus', '--clusterrole=prometheus'];
    await must(kubectl(['create', ...binding, '--serviceaccount=team:prometheus']));
    const token = join(folder, 'prometheus-token');
    await writeFile(token, (await must(kubectl(['create', 'token', 'prometheus', '-n', 'team']))).trim());
    return {
      job_name: 'apiserver',
      scheme: 'https',
      authorization: { credentials_file: token },
      tls_config: { ca_file: join(folder, 'certs', 'apiserver.crt') },
      static_configs: [{ targets: [new URL(url).host] }],
      // Of tens of thousands of series.
      metric_relabel_configs: [
        { source_labels: ['__name__'], regex: 'apiserver_admission_webhook_.*', action: 'keep' },
      ],
    };
  }

  async function isEmpty(expr: string): Promise<boolean> {
    const samples = await prometheus.query(expr);
    return samples.every(({ value }) => Number.isNaN(value));
  }

  async function emptyOnes(): Promise<readonly string[]> {
    const checked = EXPRESSIONS.map(async ({ where, expr }) => ((await isEmpty(expr)) ? [where] : []));
    return (await Promise.all(checked)).flat().toSorted();
  }

  const firing = async (): Promise<readonly string[]> => {
    const alerts = await prometheus.query('ALERTS{alertstate="firing"}');
    return alerts.map(({ metric }) => `${metric['alertname']} ${metric['name'] ?? ''}`.trim()).toSorted();
  };

  test('/readyz?verbose has a line for each check', async () => {
    const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
    const { statusCode, body } = await request(`https://127.0.0.1:${wasmgate.port}/readyz?verbose`, {
      dispatcher,
    });
    const lines = (await body.text()).trim().split('\n');
    await dispatcher.destroy();
    expect(statusCode).toBe(200);
    expect(lines).toEqual(
      expect.arrayContaining(
        [
          'runtimeclasses',
          'namespaces',
          'nodes',
          'limitranges',
          'certificate',
          'configuration',
          'shutdown',
        ].map((name) => `[+]${name} ok`),
      ),
    );
    expect(lines.at(-1)).toBe('readyz check passed');
  });

  test('every expression of alerts and dashboard has a result under load, or is listed as empty', async () => {
    const expected = Object.keys(EMPTY).toSorted();
    let empty: readonly string[] = [];
    // Both are scraped before and after a call, whatever the order of the first scrapes.
    await waitFor(
      async () => {
        const options = ['create', '--dry-run=server', '-f', '-'];
        const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: pods });
        const { stderr } = await kubernetes.kubectl(options, { stdin: list });
        expect(stderr).not.toContain('failed calling webhook');
        empty = await emptyOnes();
        return empty.length <= expected.length;
      },
      { what: 'series for every expression', seconds: 90 },
    ).catch(() => {});
    expect(empty).toEqual(expected);
  });

  test('Prometheus can evaluate every alert, and none fires', async () => {
    expect(await prometheus.brokenRules()).toEqual([]);
    expect(await firing()).toEqual([]);
  });

  test('the API server counts calls that fail under the names and labels that the alerts read', async () => {
    await wasmgate.process.stop();
    // More than once: this Prometheus is too young to tell a new series from one that it did not scrape.
    const failCalls = async (): Promise<void> => {
      const create = (inNamespace: string) =>
        kubernetes.kubectl(['create', '--dry-run=server', '-f', '-'], {
          stdin: JSON.stringify(pod('late', inNamespace)),
        });
      await must(create('team'));
      expect((await create(CLOSED)).stderr).toContain('failed calling webhook "validate-fail.wasmgate.dev"');
    };
    const expected = [
      'WasmgateFailClosed validate-fail.wasmgate.dev',
      'WasmgateFailOpen mutate.wasmgate.dev',
      'WasmgateFailOpen validate.wasmgate.dev',
    ];
    const firingAfterCalls = async (): Promise<readonly string[]> => {
      await failCalls();
      return firing();
    };
    await expect.poll(firingAfterCalls, { interval: 1000 }).toEqual(expected);
    expect(await isEmpty('apiserver_admission_webhook_fail_open_count{type="admit"}')).toBe(false);
    expect(await emptyOnes()).not.toContain('panel Calls that the API server gave up, A');
  });
});
