/**
 * Series in which an alert fires, or does not, at some minute. A sample a minute, in promtool's notation: `3x10` is 3 eleven
 * times, `0+2x10` grows by 2, `_` is no sample.
 */
export interface AlertCase {
  readonly alert: string;
  readonly when: string;
  readonly series: Readonly<Record<string, string>>;
  readonly minute: number;
  /** Labels of the alerts that fire, beside the severity; none for a case in which it is silent. */
  readonly fires: readonly Readonly<Record<string, string>>[];
  /** The template expressions in the alert's texts, with what they become. */
  readonly texts?: Readonly<Record<string, string>>;
}

const JOB = { namespace: 'wasmgate-system', job: 'wasmgate-system/wasmgate' };
const DAY = 86_400;

/** A series of a replica, as a PodMonitor labels it. */
function of(name: string, labels: Readonly<Record<string, string>> = {}, pod = 'a'): string {
  const all = { ...JOB, pod, instance: `10.0.0.1:${pod}`, ...labels };
  return `${name}{${Object.entries(all)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',')}}`;
}

const UP = 'up{job="apiserver",instance="api"}';

function calls(metric: string, labels: string): string {
  return `apiserver_admission_webhook_${metric}{job="apiserver",instance="api",${labels}}`;
}

const OPEN = calls('fail_open_count', 'name="mutate.wasmgate.dev",type="admit"');
const REJECTED = 'type="validating",operation="CREATE",rejection_code="0"';
const CLOSED = calls(
  'rejection_count',
  `name="validate-fail.wasmgate.dev",error_type="calling_webhook_error",${REJECTED}`,
);

/** The cases of an alert on a counter that the API server creates with the first event. */
function failedCalls(alert: string, series: string, webhook: string): readonly AlertCase[] {
  const fires = [{ name: webhook }];
  const texts = { '$labels.name': webhook };
  return [
    {
      alert,
      when: 'the first call fails, and the series begins',
      series: { [UP]: '1x30', [series]: '_x10 3x20' },
      minute: 13,
      fires,
      texts,
    },
    {
      alert,
      when: 'another call fails',
      series: { [UP]: '1x30', [series]: '3x10 4x20' },
      minute: 13,
      fires,
      texts,
    },
    {
      alert,
      when: 'the API server starts anew, and a call fails',
      series: { [UP]: '1x30', [series]: '3x5 stale _x4 1x20' },
      minute: 13,
      fires,
      texts,
    },
    {
      alert,
      when: 'calls failed long ago',
      series: { [UP]: '1x30', [series]: '0 3x30' },
      minute: 20,
      fires: [],
    },
    {
      alert,
      when: 'Prometheus begins to scrape an API server that counted long ago',
      series: { [UP]: '_x10 1x20', [series]: '_x10 3x20' },
      minute: 13,
      fires: [],
    },
    {
      alert,
      when: 'calls to the webhook of another project fail',
      series: { [UP]: '1x30', [series.replace('wasmgate.dev', 'example.com')]: '0+1x30' },
      minute: 13,
      fires: [],
    },
  ];
}

/** The cases of an alert on a counter of wasmgate. */
function counted(
  alert: string,
  {
    name,
    labels,
    shown,
  }: { name: string; labels: Readonly<Record<string, string>>; shown: readonly string[] },
  minutes: { readonly minute: number; readonly window: number },
): readonly AlertCase[] {
  const series = of(name, labels);
  const { minute, window } = minutes;
  const kept = Object.fromEntries(shown.map((label) => [label, labels[label] ?? '']));
  const texts = Object.fromEntries(shown.map((label) => [`$labels.${label}`, labels[label] ?? '']));
  return [
    {
      alert,
      when: 'it rises on one replica of two',
      series: { [series]: `0x5 0+1x${minute}`, [of(name, labels, 'b')]: `7x${minute + 10}` },
      minute,
      fires: [{ ...JOB, ...kept }],
      texts,
    },
    {
      alert,
      when: 'a replica with a high count is replaced',
      series: { [series]: `9x5 _x${minute}`, [of(name, labels, 'b')]: `_x5 0x${minute + window}` },
      minute,
      fires: [],
    },
    {
      alert,
      when: 'it rose long ago',
      series: { [series]: `0 5x${minute + 2 * window}` },
      minute: minute + window,
      fires: [],
    },
  ];
}

const NOT_BEFORE = 'wasmgate_certificate_not_before_timestamp_seconds';
const NOT_AFTER = 'wasmgate_certificate_not_after_timestamp_seconds';
const SERVING = { certificate: 'serving' };
const AUTHORITY = { certificate: 'authority' };
const MEBIBYTE = 2 ** 20;
const SLOW = (bound: string) =>
  of('wasmgate_admission_duration_seconds_bucket', { endpoint: 'mutate', le: bound });

// promtool's clock begins at 0, so these certificates are valid from before.
const RENEWAL = { [of(NOT_BEFORE, SERVING)]: `${-9 * DAY}x60`, [of(NOT_BEFORE, SERVING, 'b')]: '0x60' };

export const ALERT_CASES: readonly AlertCase[] = [
  ...failedCalls('WasmgateFailOpen', OPEN, 'mutate.wasmgate.dev'),
  ...failedCalls('WasmgateFailClosed', CLOSED, 'validate-fail.wasmgate.dev'),
  {
    alert: 'WasmgateFailClosed',
    when: 'wasmgate denies Pods itself',
    series: { [UP]: '1x30', [CLOSED.replace('calling_webhook_error', 'no_error')]: '0+1x30' },
    minute: 13,
    fires: [],
  },
  {
    alert: 'WasmgateDown',
    when: 'the last replica is gone',
    series: { [of('wasmgate_build_info')]: '1x5 stale' },
    minute: 12,
    fires: [{}],
  },
  {
    alert: 'WasmgateDown',
    when: 'one replica of two is gone',
    series: { [of('wasmgate_build_info')]: '1x5 stale', [of('wasmgate_build_info', {}, 'b')]: '1x30' },
    minute: 20,
    fires: [],
  },
  {
    alert: 'WasmgateDown',
    when: 'all replicas are replaced within a minute',
    series: { [of('wasmgate_build_info')]: '1x5 stale', [of('wasmgate_build_info', {}, 'b')]: '_x8 1x30' },
    minute: 12,
    fires: [],
  },
  {
    alert: 'WasmgateConfigurationInvalid',
    when: 'one replica of two rejected the file',
    series: {
      [of('wasmgate_config_last_reload_successful')]: '1x5 0x20',
      [of('wasmgate_config_last_reload_successful', {}, 'b')]: '1x30',
    },
    minute: 15,
    fires: [JOB],
  },
  {
    alert: 'WasmgateConfigurationInvalid',
    when: 'the file is valid again',
    series: { [of('wasmgate_config_last_reload_successful')]: '1x5 0x5 1x20' },
    minute: 15,
    fires: [],
  },
  {
    alert: 'WasmgateWatchFailing',
    when: 'a watch fails for ten minutes, while the replica is replaced',
    series: {
      [of('wasmgate_watch_synced', { resource: 'nodes' })]: '1x5 0x5 stale',
      [of('wasmgate_watch_synced', { resource: 'nodes' }, 'b')]: '_x9 0x20',
      [of('wasmgate_watch_synced', { resource: 'namespaces' })]: '1x30',
    },
    minute: 20,
    fires: [{ ...JOB, resource: 'nodes' }],
    texts: { '$labels.resource': 'nodes' },
  },
  {
    alert: 'WasmgateWatchFailing',
    when: 'watches fail for a moment',
    series: { [of('wasmgate_watch_synced', { resource: 'nodes' })]: '1x5 0x3 1x20' },
    minute: 20,
    fires: [],
  },
  {
    alert: 'WasmgateServingCertificateExpires',
    when: 'one replica of two serves a certificate with a quarter left',
    series: {
      ...RENEWAL,
      [of(NOT_AFTER, SERVING)]: `${3 * DAY}x60`,
      [of(NOT_AFTER, SERVING, 'b')]: `${12 * DAY}x60`,
    },
    minute: 30,
    fires: [JOB],
    // At the thirtieth minute.
    texts: { '$value | humanizePercentage': '24.83%' },
  },
  {
    alert: 'WasmgateServingCertificateExpires',
    when: 'certificates have half of their lifetime left, and the authority less',
    series: {
      ...RENEWAL,
      [of(NOT_AFTER, SERVING)]: `${9 * DAY}x60`,
      [of(NOT_AFTER, SERVING, 'b')]: `${12 * DAY}x60`,
      [of(NOT_BEFORE, AUTHORITY)]: `${-99 * DAY}x60`,
      [of(NOT_AFTER, AUTHORITY)]: `${9 * DAY}x60`,
    },
    minute: 30,
    fires: [],
  },
  {
    alert: 'WasmgateServingCertificateExpires',
    when: 'the certificate is renewed at a third, and the file arrives two minutes later',
    series: {
      [of(NOT_BEFORE, SERVING)]: `${-8 * DAY}x7 0x60`,
      [of(NOT_AFTER, SERVING)]: `${4 * DAY}x7 ${12 * DAY}x60`,
    },
    minute: 30,
    fires: [],
  },
  {
    alert: 'WasmgateAuthorityExpires',
    when: 'the authority expires in 29 days',
    series: { [of(NOT_AFTER, AUTHORITY)]: `${29 * DAY}x120` },
    minute: 90,
    fires: [JOB],
    texts: { '$value | humanizeDuration': '28d 22h 30m 0s' },
  },
  {
    alert: 'WasmgateAuthorityExpires',
    when: 'the serving certificate expires sooner, and the authority in 31 days',
    series: { [of(NOT_AFTER, SERVING)]: `${3 * DAY}x120`, [of(NOT_AFTER, AUTHORITY)]: `${31 * DAY}x120` },
    minute: 90,
    fires: [],
  },
  {
    alert: 'WasmgateCertificateCheckFails',
    when: 'one replica of two does not get through with its check',
    series: {
      [of('wasmgate_certificate_last_check_success_timestamp_seconds')]: '0 60x60',
      [of('wasmgate_certificate_last_check_success_timestamp_seconds', {}, 'b')]: '0+60x60',
    },
    minute: 30,
    fires: [JOB],
  },
  {
    alert: 'WasmgateCertificateCheckFails',
    when: 'the check fails for ten minutes, or nothing is checked',
    series: {
      [of('wasmgate_certificate_last_check_success_timestamp_seconds', {}, 'b')]: '0x60',
      [of('wasmgate_certificate_last_check_success_timestamp_seconds')]: '0+60x10 600x10 1260+60x60',
    },
    minute: 20,
    fires: [],
  },
  ...counted(
    'WasmgateFaults',
    {
      name: 'wasmgate_admissions_total',
      labels: { endpoint: 'validate', outcome: 'fault' },
      shown: ['endpoint'],
    },
    { minute: 12, window: 10 },
  ),
  {
    alert: 'WasmgateFaults',
    when: 'wasmgate denies Pods',
    series: { [of('wasmgate_admissions_total', { endpoint: 'validate', outcome: 'denied' })]: '0+9x30' },
    minute: 12,
    fires: [],
  },
  ...counted(
    'WasmgateRequestsTooLarge',
    { name: 'wasmgate_request_errors_total', labels: { code: 'too-many-bytes' }, shown: ['code'] },
    { minute: 12, window: 10 },
  ),
  {
    alert: 'WasmgateRequestsTooLarge',
    when: 'a client asks for a path that does not exist',
    series: { [of('wasmgate_request_errors_total', { code: 'not-found' })]: '0+9x30' },
    minute: 12,
    fires: [],
  },
  {
    alert: 'WasmgateSlow',
    when: 'five of a hundred calls take between 2.5 and 4.5 s',
    series: {
      [SLOW('1')]: '0+95x30',
      [SLOW('2.5')]: '0+95x30',
      [SLOW('4.5')]: '0+100x30',
      [SLOW('+Inf')]: '0+100x30',
    },
    minute: 25,
    fires: [JOB],
    texts: { '$value | humanizeDuration': '4.1s' },
  },
  {
    alert: 'WasmgateSlow',
    when: 'five of a thousand calls do, or there are no calls',
    series: {
      [SLOW('1')]: '0+995x30',
      [SLOW('2.5')]: '0+995x30',
      [SLOW('4.5')]: '0+1000x30',
      [SLOW('+Inf')]: '0+1000x30',
      [of('wasmgate_admission_duration_seconds_bucket', { endpoint: 'mutate', le: '+Inf', job: 'idle' })]:
        '0x30',
    },
    minute: 25,
    fires: [],
  },
  ...counted(
    'WasmgateLookupsRejected',
    {
      name: 'wasmgate_image_lookups_total',
      labels: { kind: 'unknown', reason: 'unauthorized' },
      shown: ['reason'],
    },
    { minute: 62, window: 60 },
  ),
  {
    alert: 'WasmgateLookupsRejected',
    when: 'one lookup failed within the hour',
    series: { [of('wasmgate_image_lookups_total', { kind: 'unknown', reason: 'tls' })]: '0x10 1x90' },
    minute: 60,
    fires: [{ ...JOB, reason: 'tls' }],
    texts: { '$labels.reason': 'tls' },
  },
  {
    alert: 'WasmgateLookupsRejected',
    when: 'images do not exist, or are not Wasm',
    series: {
      [of('wasmgate_image_lookups_total', { kind: 'unknown', reason: 'not-found' })]: '0+9x90',
      [of('wasmgate_image_lookups_total', { kind: 'container', reason: 'none' })]: '0+9x90',
    },
    minute: 62,
    fires: [],
  },
  ...counted(
    'WasmgateRegistryUnreachable',
    {
      name: 'wasmgate_image_lookups_total',
      labels: { kind: 'unknown', reason: 'timeout' },
      shown: ['reason'],
    },
    { minute: 25, window: 20 },
  ),
  {
    alert: 'WasmgateRegistryUnreachable',
    when: 'one lookup fails',
    series: { [of('wasmgate_image_lookups_total', { kind: 'unknown', reason: 'timeout' })]: '0x5 1x40' },
    minute: 14,
    fires: [],
  },
  {
    alert: 'WasmgatePodsUnjudged',
    when: 'two replicas know of such Pods',
    series: {
      [of('wasmgate_pods_admitted_unjudged', { consequence: 'needs-class' })]: '0x5 2x30',
      [of('wasmgate_pods_admitted_unjudged', { consequence: 'needs-class' }, 'b')]: '0x5 1x30',
    },
    minute: 15,
    fires: [{ ...JOB, consequence: 'needs-class' }],
    texts: { $value: '3', '$labels.consequence': 'needs-class' },
  },
  {
    alert: 'WasmgatePodsUnjudged',
    when: 'their images are not known yet, or they are replaced soon',
    series: {
      [of('wasmgate_pods_admitted_unjudged', { consequence: 'pending' })]: '0x5 2x30',
      [of('wasmgate_pods_admitted_unjudged', { consequence: 'needs-class' })]: '0x5 2x3 0x30',
    },
    minute: 15,
    fires: [],
  },
  {
    alert: 'WasmgateMemoryHigh',
    when: 'one replica of two is at 95 % of its limit',
    series: {
      [of('process_resident_memory_bytes')]: `${95 * MEBIBYTE}x30`,
      [of('wasmgate_memory_limit_bytes')]: `${100 * MEBIBYTE}x30`,
      [of('process_resident_memory_bytes', {}, 'b')]: `${50 * MEBIBYTE}x30`,
      [of('wasmgate_memory_limit_bytes', {}, 'b')]: `${100 * MEBIBYTE}x30`,
    },
    minute: 15,
    fires: [{ ...JOB, pod: 'a' }],
    texts: { '$value | humanizePercentage': '95%', '$labels.pod': 'a' },
  },
  {
    alert: 'WasmgateMemoryHigh',
    when: 'it is far from it, while another program takes more',
    series: {
      [of('process_resident_memory_bytes')]: `${80 * MEBIBYTE}x30`,
      [of('wasmgate_memory_limit_bytes')]: `${100 * MEBIBYTE}x30`,
      [of('process_resident_memory_bytes', { job: 'other' })]: `${900 * MEBIBYTE}x30`,
    },
    minute: 15,
    fires: [],
  },
];
