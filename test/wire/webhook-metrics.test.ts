import { X509Certificate } from 'node:crypto';
import { totalmem } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFixedCluster } from '../../src/kubernetes/fixed-cluster.ts';
import type { WatchState } from '../../src/kubernetes/watch-collection.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';
import { createRegistryClient } from '../../src/registry/client.ts';
import { serveMetrics } from '../../src/server/metrics-server.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { assembleAssess, observeAssessments } from '../../src/wire/assemble-assess.ts';
import { createWebhookMetrics } from '../../src/wire/webhook-metrics.ts';
import { readReview } from '../support/admission/reviews.ts';
import { putFixtureImages } from '../support/image/fixture-images.ts';
import { settings } from '../support/pod/pods.ts';
import { startRegistry, type RegistryOptions } from '../support/registry/registry.ts';
import { createTestCertificate } from '../support/server/tls.ts';
import { startWebhook } from '../support/server/webhook.ts';
import { countsOf, parseExposition, readSeries } from '../support/telemetry/exposition.ts';

const LISTED: WatchState = {
  ready: true,
  current: true,
  lastContact: 1_700_000_000_500,
  failure: null,
  restarts: 0,
};
const WASMTIME = {
  apiVersion: 'node.k8s.io/v1',
  kind: 'RuntimeClass',
  metadata: { name: 'wasmtime' },
  handler: 'wasmtime',
};

const BROKEN: WatchState = { ...LISTED, current: false, failure: 'gone', restarts: 3 };

interface Setup extends RegistryOptions {
  readonly policy?: Partial<PolicySettings>;
}

/** Starts the webhook as `serve` joins it: over HTTPS, with a registry, and metrics on their own port. */
async function start({ policy = {}, ...options }: Setup = {}) {
  const stopping = new AbortController();
  const registry = await startRegistry({ images: putFixtureImages, ...options });
  const states = () => ({
    'runtime classes': LISTED,
    namespaces: LISTED,
    nodes: BROKEN,
    'limit ranges': LISTED,
  });
  const metrics = createWebhookMetrics('1.2.3', { states }, stopping.signal);
  const client = createRegistryClient(
    { sleep: () => Promise.resolve() },
    { plainHttp: [], allowAddresses: [], allowLoopback: true, ...metrics.registry },
  );
  const parts = {
    ...createFixedCluster([WASMTIME], 'default'),
    registry: client,
    logger: createLogger({ level: 'silent' }),
    namespace: 'wasmgate-system',
    metrics,
  };
  const assess = observeAssessments(assembleAssess(parts, { policy: settings(policy) }), [
    metrics.onAssessed,
  ]);
  const webhook = await startWebhook({ assess, meter: metrics.answers, logLevel: 'silent' });
  const fault = () => Promise.reject(new Error('a fault of our own'));
  const faulty = await startWebhook({ assess: fault, meter: metrics.answers, logLevel: 'silent' });
  const served = await serveMetrics(metrics.page, { host: '127.0.0.1', port: 0 });
  onTestFinished(async () => {
    stopping.abort();
    await Promise.all([
      served.close(),
      client.close(),
      webhook[Symbol.asyncDispose](),
      faulty[Symbol.asyncDispose](),
    ]);
    await registry.close();
  });
  const scrape = async () => (await fetch(`http://127.0.0.1:${served.port}/metrics`)).text();
  return {
    metrics,
    registry,
    webhook,
    /** A webhook whose use case fails. */
    faulty,
    scrape,
    counts: async (...names: readonly string[]) => countsOf(await scrape(), ...names),
    image: (name: string) => `${registry.host}/corpus/${name}:latest`,
  };
}

type Started = Awaited<ReturnType<typeof start>>;

/** Returns the API server's review of a Pod with this image in this namespace. */
function reviewOf(endpoint: 'mutate' | 'validate', image: string, namespace = 'team-a'): object {
  const { object } = readReview('03').request;
  const { metadata, spec } = structuredClone(object) as unknown as {
    readonly metadata: object;
    readonly spec: { readonly containers: readonly object[] };
  };
  const containers = spec.containers.map((container) => ({ ...container, image }));
  const { request, ...envelope } = readReview(endpoint === 'mutate' ? '03' : '05');
  const pod = { ...object, metadata: { ...metadata, namespace }, spec: { ...spec, containers } };
  return { ...envelope, request: { ...request, namespace, object: pod } };
}

async function admit({ webhook }: Started, image: string, namespace?: string): Promise<void> {
  await webhook.ask('/mutate?timeout=30s', reviewOf('mutate', image, namespace));
  await webhook.ask('/validate?timeout=30s', reviewOf('validate', image, namespace));
}

describe('after some admissions', () => {
  test('counts answers, decisions and requests once each', async () => {
    const started = await start();
    const { webhook, registry, scrape, counts, image } = started;
    await admit(started, image('linux-plain'));
    await admit(started, image('linux-plain'));
    await webhook.ask('/mutate?timeout=30s', reviewOf('mutate', image('bk-wasi-wasm')));
    await webhook.ask('/mutate?timeout=30s', reviewOf('mutate', image('bk-wasi-wasm')));
    await webhook.ask('/validate?timeout=30s', reviewOf('validate', image('bk-wasi-wasm')));
    await admit(started, image('linux-plain'), 'kube-system');
    expect(
      await counts('wasmgate_admissions_total', 'wasmgate_decisions_total', 'wasmgate_findings_total'),
    ).toEqual({
      'wasmgate_admissions_total{endpoint="mutate",outcome="allowed"}': 3,
      'wasmgate_admissions_total{endpoint="mutate",outcome="patched"}': 2,
      'wasmgate_admissions_total{endpoint="validate",outcome="allowed"}': 3,
      'wasmgate_admissions_total{endpoint="validate",outcome="denied"}': 1,
      'wasmgate_decisions_total{endpoint="mutate",mode="enforce",outcome="changed"}': 2,
      'wasmgate_decisions_total{endpoint="mutate",mode="enforce",outcome="unchanged"}': 2,
      'wasmgate_decisions_total{endpoint="mutate",mode="none",outcome="skipped"}': 1,
      'wasmgate_decisions_total{endpoint="validate",mode="enforce",outcome="allowed"}': 2,
      'wasmgate_decisions_total{endpoint="validate",mode="enforce",outcome="denied"}': 1,
      'wasmgate_decisions_total{endpoint="validate",mode="none",outcome="skipped"}': 1,
      'wasmgate_findings_total{finding="wasm-image-without-runtime-class",action="deny"}': 1,
    });
    expect(
      await counts(
        'wasmgate_admission_duration_seconds_count',
        'wasmgate_image_lookups_total',
        'wasmgate_image_lookup_duration_seconds_count',
        'wasmgate_image_cache_requests_total',
        'wasmgate_image_cache_entries',
        'wasmgate_registry_requests_total',
      ),
    ).toEqual({
      'wasmgate_admission_duration_seconds_count{endpoint="mutate"}': 5,
      'wasmgate_admission_duration_seconds_count{endpoint="validate"}': 4,
      'wasmgate_image_lookups_total{kind="container",reason="none"}': 1,
      'wasmgate_image_lookups_total{kind="wasm",reason="none"}': 1,
      wasmgate_image_lookup_duration_seconds_count: 2,
      'wasmgate_image_cache_requests_total{result="hit"}': 5,
      'wasmgate_image_cache_requests_total{result="miss"}': 2,
      wasmgate_image_cache_entries: 2,
      'wasmgate_registry_requests_total{status="2xx",reason="none"}': registry.log.length,
    });
    const series = readSeries(await scrape());
    expect(series['wasmgate_image_cache_bytes']).toBeGreaterThan(0);
    expect(series['wasmgate_registry_received_bytes_total']).toBeGreaterThan(0);
  });

  test.each([
    ['audit', 'mode="none",outcome="skipped"', 'would-change'],
    ['warn', 'mode="warn",outcome="changed"', 'would-deny'],
  ] as const)('mode %s counts what enforce would do', async (mode, mutated, validated) => {
    const started = await start({ policy: { mode } });
    await started.webhook.ask('/validate?timeout=30s', reviewOf('validate', started.image('bk-wasi-wasm')));
    await started.webhook.ask('/mutate?timeout=30s', reviewOf('mutate', started.image('bk-wasi-wasm')));
    expect(await started.counts('wasmgate_decisions_total')).toEqual({
      [`wasmgate_decisions_total{endpoint="mutate",${mutated}}`]: 1,
      [`wasmgate_decisions_total{endpoint="validate",mode="${mode}",outcome="${validated}"}`]: 1,
    });
  });

  test('counts invalid requests and faults by their code', async () => {
    const { webhook, counts, faulty } = await start();
    await faulty.post('/validate', JSON.stringify(readReview('05')));
    await webhook.post('/mutate', 'no JSON');
    await webhook.post('/validate', '{}');
    await webhook.post('/validate', '{}', { 'content-type': 'text/plain' });
    expect(await counts('wasmgate_request_errors_total', 'wasmgate_admissions_total')).toEqual({
      'wasmgate_request_errors_total{code="not-json"}': 1,
      'wasmgate_request_errors_total{code="internal-fault"}': 1,
      'wasmgate_request_errors_total{code="not-a-review"}': 1,
      'wasmgate_request_errors_total{code="wrong-content-type"}': 1,
      'wasmgate_admissions_total{endpoint="validate",outcome="fault"}': 1,
    });
  });
});

describe('counts a registry', () => {
  test.each([
    ['limits requests', 429, 'rate-limited', { 'wasmgate_registry_pauses_total{reason="rate-limited"}': 1 }],
    ['does not have the image', 404, 'not-found', {}],
    ['forbids it', 403, 'unauthorized', {}],
  ])('that %s', async (_case, status, reason, pauses) => {
    const started = await start({
      faults: () => (_request, response) => void response.writeHead(status, { 'retry-after': '30' }).end(),
    });
    await started.webhook.ask('/mutate?timeout=30s', reviewOf('mutate', started.image('linux-plain')));
    expect(
      await started.counts(
        'wasmgate_image_lookups_total',
        'wasmgate_registry_requests_total',
        'wasmgate_registry_pauses_total',
      ),
    ).toEqual({
      [`wasmgate_image_lookups_total{kind="unknown",reason="${reason}"}`]: 1,
      [`wasmgate_registry_requests_total{status="${status}",reason="none"}`]: started.registry.log.length,
      ...pauses,
    });
  });

  test('that is down', async () => {
    const started = await start();
    await started.registry.close();
    await started.webhook.ask('/mutate?timeout=30s', reviewOf('mutate', started.image('linux-plain')));
    const counted = await started.counts('wasmgate_image_lookups_total', 'wasmgate_registry_requests_total');
    expect(Object.keys(counted)).toEqual([
      'wasmgate_image_lookups_total{kind="unknown",reason="unreachable"}',
      'wasmgate_registry_requests_total{status="none",reason="unreachable"}',
    ]);
  });
});

/** Texts of users and strangers, each with a word that must appear nowhere. */
const SECRET = 'hunter2';
const HOSTILE_IMAGES = [
  `${SECRET}.invalid/a:1`,
  `127.0.0.1:1/${SECRET}:1`,
  `[::1]:1/${SECRET}`,
  `169.254.169.254/${SECRET}`,
  `user:${SECRET}@localhost:1/a`,
  `"${SECRET}\\\n} 1`,
  `${SECRET}/${'a'.repeat(5000)}`,
  '',
] as const;

test('labels have values of their closed sets only, whatever the requests', async () => {
  const started = await start();
  const { webhook, scrape, metrics } = started;
  for (const image of HOSTILE_IMAGES) await admit(started, image, `ns-${SECRET}`);
  for (const [path, body] of [
    [`/${SECRET}`, '{}'],
    ['/mutate', `{"${SECRET}"`],
    [`/validate?timeout=${SECRET}`, `{"kind":"${SECRET}"}`],
  ] as const) {
    await webhook.post(path, body);
  }
  const text = await scrape();
  expect(text).not.toContain(SECRET);
  const known = new Map(metrics.describe().map(({ name, labels }) => [name, labels]));
  const strange = parseExposition(text).flatMap(({ name, samples }) =>
    samples.filter(({ labels }) =>
      Object.entries(labels).some(
        ([label, value]) => label !== 'le' && known.get(name)?.[label]?.includes(value) !== true,
      ),
    ),
  );
  expect(strange).toEqual([]);
  // Images are unlimited, but series are not.
  expect(Object.keys(readSeries(text)).length).toBeLessThan(350);
});

// Prometheus cannot see an increase from nothing to one.
test('counters begin at zero, and only those that can occur', async () => {
  const { scrape } = await start();
  const series = readSeries(await scrape());
  expect(series).toMatchObject({
    'wasmgate_image_lookups_total{kind="unknown",reason="tls"}': 0,
    'wasmgate_image_lookups_total{kind="wasm",reason="none"}': 0,
    'wasmgate_registry_requests_total{status="429",reason="none"}': 0,
    'wasmgate_registry_requests_total{status="none",reason="timeout"}': 0,
    'wasmgate_decisions_total{endpoint="validate",mode="warn",outcome="would-deny"}': 0,
    'wasmgate_decisions_total{endpoint="mutate",mode="none",outcome="skipped"}': 0,
    'wasmgate_findings_total{finding="image-unknown",action="warn"}': 0,
  });
  const impossible = Object.keys(series).filter((name) =>
    /kind="wasm",reason="tls"|status="5xx",reason="tls"|mode="enforce",outcome="skipped"/.test(name),
  );
  expect(impossible).toEqual([]);
});

test('no metric can have more than 200 series', async () => {
  const { metrics } = await start();
  const series = metrics
    .describe()
    .map(({ name, labels }) => [name, Object.values(labels).reduce((all, { length }) => all * length, 1)]);
  expect(series.filter(([, count]) => Number(count) > 200)).toEqual([]);
});

test('a certificate whose CA is not known has no series for the CA', async () => {
  const { metrics, scrape } = await start();
  metrics.certificate.onServed({ ...(await createTestCertificate()), caCert: null });
  expect(Object.keys(readSeries(await scrape())).filter((name) => /certificate_not/.test(name))).toEqual([
    'wasmgate_certificate_not_before_timestamp_seconds{certificate="serving"}',
    'wasmgate_certificate_not_after_timestamp_seconds{certificate="serving"}',
  ]);
});

test('reads watches, certificate, build and process on each scrape', async () => {
  const { metrics, scrape } = await start();
  const certificate = await createTestCertificate();
  metrics.certificate.onServed(certificate);
  metrics.certificate.onChecked();
  metrics.onEvent('needless');
  metrics.unjudged.measure(() => new Map([['needs-class', 200]]));
  const series = readSeries(await scrape());
  const { validFromDate, validToDate } = new X509Certificate(certificate.cert);
  expect(series).toMatchObject({
    [`wasmgate_build_info{version="1.2.3",node="${process.version}"}`]: 1,
    'wasmgate_watch_synced{resource="nodes"}': 0,
    'wasmgate_watch_synced{resource="runtimeclasses"}': 1,
    'wasmgate_watch_restarts_total{resource="nodes"}': 3,
    'wasmgate_watch_last_contact_timestamp_seconds{resource="limitranges"}': 1_700_000_000.5,
    'wasmgate_certificate_not_after_timestamp_seconds{certificate="serving"}': validToDate.getTime() / 1000,
    'wasmgate_certificate_not_before_timestamp_seconds{certificate="serving"}':
      validFromDate.getTime() / 1000,
    'wasmgate_events_total{result="needless"}': 1,
    'wasmgate_pods_admitted_unjudged{consequence="needs-class"}': 200,
    wasmgate_config_last_reload_successful: 1,
  });
  const now = Date.now() / 1000;
  expect(series['wasmgate_certificate_not_after_timestamp_seconds{certificate="authority"}']).toBeGreaterThan(
    now,
  );
  expect(series['wasmgate_certificate_last_check_success_timestamp_seconds']).toBeGreaterThan(now - 3600);
  expect(series['process_resident_memory_bytes']).toBeGreaterThan(2 ** 20);
  expect(series['wasmgate_memory_limit_bytes']).toBeGreaterThan(
    series['process_resident_memory_bytes'] ?? NaN,
  );
  expect(series['wasmgate_memory_limit_bytes']).toBeLessThanOrEqual(totalmem());
  expect(series['process_cpu_seconds_total']).toBeGreaterThan(0);
  expect(series['process_start_time_seconds']).toBeLessThan(now);
  // Seconds since 1970, not milliseconds, nor seconds since the start.
  expect(series['process_start_time_seconds']).toBeGreaterThan(now - 7 * 24 * 3600);
  expect(series['wasmgate_config_last_reload_success_timestamp_seconds']).toBeGreaterThan(now - 3600);
});
