import { of, quantiles, rate, WEBHOOKS, type DashboardRow } from './panel.ts';

/** Returns the days until this certificate expires, on the replica where it expires first. */
function daysLeft(certificate: string): string {
  return `min(${of('wasmgate_certificate_not_after_timestamp_seconds', `certificate="${certificate}"`)} - time()) / 86400`;
}

const OVERVIEW: DashboardRow = {
  title: 'Overview',
  panels: [
    {
      kind: 'stat',
      title: 'Replicas',
      description: 'Replicas that Prometheus scrapes. The shipped Deployment has two.',
      unit: 'short',
      queries: [{ expr: `count(${of('wasmgate_build_info')})` }],
      thresholds: [
        [null, 'red'],
        [1, 'orange'],
        [2, 'green'],
      ],
    },
    {
      kind: 'stat',
      title: 'Failed calls',
      description:
        'Calls to wasmgate that the API server gave up in the selected time, after which it admitted the object as it was. Each may be a Wasm Pod that cannot start.',
      unit: 'short',
      queries: [
        {
          expr: `sum(increase(apiserver_admission_webhook_fail_open_count{${WEBHOOKS}}[$__range])) or vector(0)`,
        },
      ],
      thresholds: [
        [null, 'green'],
        [0.5, 'red'],
      ],
    },
    {
      kind: 'stat',
      title: 'Unjudged Pods',
      description:
        'Running Pods that wasmgate would have changed or denied, had it been able to read their images in time. Events on the Pods say what to do.',
      unit: 'short',
      queries: [
        {
          expr: `sum(${of('wasmgate_pods_admitted_unjudged', 'consequence=~"needs-class|would-be-denied"')})`,
        },
      ],
      thresholds: [
        [null, 'green'],
        [1, 'orange'],
      ],
    },
    {
      kind: 'stat',
      title: 'Configuration',
      description:
        'Whether all replicas use the configuration of the file. If it is invalid, none could start again.',
      unit: 'short',
      queries: [{ expr: `min(${of('wasmgate_config_last_reload_successful')})` }],
      thresholds: [
        [null, 'red'],
        [1, 'green'],
      ],
      words: { 0: 'invalid', 1: 'valid' },
    },
    {
      kind: 'stat',
      title: 'Watches',
      description:
        'Whether all replicas see the current state of the cluster. If not, they judge by what they knew.',
      unit: 'short',
      queries: [{ expr: `min(${of('wasmgate_watch_synced')})` }],
      thresholds: [
        [null, 'red'],
        [1, 'green'],
      ],
      words: { 0: 'outdated', 1: 'current' },
    },
    {
      kind: 'stat',
      title: 'Certificate',
      description: 'Days until the serving certificate expires, of the replica where it expires first.',
      unit: 'd',
      queries: [{ expr: daysLeft('serving') }],
      thresholds: [
        [null, 'red'],
        [1, 'green'],
      ],
    },
    {
      kind: 'stat',
      title: 'Authority',
      description: 'Days until the certificate authority expires.',
      unit: 'd',
      queries: [{ expr: daysLeft('authority') }],
      thresholds: [
        [null, 'red'],
        [30, 'green'],
      ],
    },
  ],
};

const ADMISSIONS: DashboardRow = {
  title: 'Answers to the API server',
  panels: [
    {
      kind: 'graph',
      title: 'Admissions',
      description: 'Answers to the API server by webhook and outcome. A fault is HTTP 500.',
      unit: 'reqps',
      isStacked: true,
      queries: [
        {
          expr: `sum by (endpoint, outcome) (${rate('wasmgate_admissions_total')})`,
          legend: '{{endpoint}} {{outcome}}',
        },
      ],
    },
    {
      kind: 'graph',
      title: 'Admission latency',
      description:
        'Time from the parsed request to its answer. An answer from memory takes less than a millisecond; the rest is a lookup.',
      unit: 's',
      queries: quantiles('wasmgate_admission_duration_seconds', 'endpoint'),
    },
    {
      kind: 'graph',
      title: 'Latency seen by the API server',
      description:
        'What a call takes in all, with network and TLS. If it is far above the admission latency, the network is slow, or wasmgate has too little CPU.',
      unit: 's',
      queries: [
        {
          expr: `histogram_quantile(0.99, sum by (name, le) (rate(apiserver_admission_webhook_admission_duration_seconds_bucket{${WEBHOOKS}}[$__rate_interval])))`,
          legend: '{{name}} p99',
        },
      ],
    },
    {
      kind: 'graph',
      title: 'Calls that the API server gave up',
      description:
        'Calls after which the API server admitted the object as it was (failurePolicy Ignore). A series begins with the first failure.',
      unit: 'reqps',
      queries: [
        {
          expr: `sum by (name) (rate(apiserver_admission_webhook_fail_open_count{${WEBHOOKS}}[$__rate_interval]))`,
          legend: '{{name}}',
        },
      ],
    },
    {
      kind: 'graph',
      title: 'Request errors',
      description: 'Requests that got an error instead of an answer, by its code.',
      unit: 'reqps',
      queries: [{ expr: `sum by (code) (${rate('wasmgate_request_errors_total')})`, legend: '{{code}}' }],
    },
  ],
};

const DECISIONS: DashboardRow = {
  title: 'Decisions about Pods',
  panels: [
    {
      kind: 'graph',
      title: 'Decisions',
      description: 'Pods and templates by webhook, mode and outcome. Each is judged by both webhooks.',
      unit: 'ops',
      isStacked: true,
      queries: [
        {
          expr: `sum by (endpoint, mode, outcome) (${rate('wasmgate_decisions_total')}) > 0`,
          legend: '{{endpoint}} {{mode}} {{outcome}}',
        },
      ],
    },
    {
      kind: 'bars',
      title: 'Findings',
      description:
        'Findings of the validating webhook in the selected time. wasmgate explain NAME describes one.',
      unit: 'short',
      queries: [
        {
          expr: `sort_desc(sum by (finding, action) (increase(${of('wasmgate_findings_total')}[$__range])) > 0)`,
          legend: '{{finding}} ({{action}})',
        },
      ],
    },
    {
      kind: 'graph',
      title: 'Pods admitted unjudged',
      description:
        'Pods whose images could not be read in time, by what the images mean for them. pending: not read yet.',
      unit: 'short',
      isStacked: true,
      queries: [
        {
          expr: `sum by (consequence) (${of('wasmgate_pods_admitted_unjudged')})`,
          legend: '{{consequence}}',
        },
        {
          expr: `sum(increase(${of('wasmgate_unjudged_owners_dropped_total')}[$__rate_interval]))`,
          legend: 'owners dropped',
        },
      ],
    },
    {
      kind: 'graph',
      title: 'Events',
      description: 'Events about such Pods and their owners, by result.',
      unit: 'ops',
      queries: [{ expr: `sum by (result) (${rate('wasmgate_events_total')})`, legend: '{{result}}' }],
    },
  ],
};

export const ADMISSION_ROWS: readonly DashboardRow[] = [OVERVIEW, ADMISSIONS, DECISIONS];
