import { of, ofProcess, quantiles, rate, type DashboardRow } from './panel.ts';

const IMAGES: DashboardRow = {
  title: 'Images and registries',
  panels: [
    {
      kind: 'graph',
      title: 'Lookups',
      description: 'Lookups of images at registries by result.',
      unit: 'ops',
      isStacked: true,
      queries: [
        {
          expr: `sum by (kind) (${rate('wasmgate_image_lookups_total')})`,
          legend: '{{kind}}',
        },
      ],
    },
    {
      kind: 'graph',
      title: 'Failed lookups',
      description: 'Lookups after which an image is unknown, by reason. The log names the images.',
      unit: 'ops',
      isStacked: true,
      queries: [
        {
          expr: `sum by (reason) (${rate('wasmgate_image_lookups_total', 'kind="unknown"')})`,
          legend: '{{reason}}',
        },
      ],
    },
    {
      kind: 'graph',
      title: 'Lookup latency',
      description:
        'Duration of lookups, with failed ones. An admission waits for it at most 4.5 s; the lookup goes on.',
      unit: 's',
      queries: quantiles('wasmgate_image_lookup_duration_seconds'),
    },
    {
      kind: 'graph',
      title: 'Cache hit ratio',
      description:
        'Share of images that needed no registry. stale: from an expired entry, because the registry was unreachable.',
      unit: 'percentunit',
      queries: ['hit', 'stale'].map((result) => ({
        expr: `sum(${rate('wasmgate_image_cache_requests_total', `result="${result}"`)}) / sum(${rate('wasmgate_image_cache_requests_total')})`,
        legend: result,
      })),
    },
    {
      kind: 'graph',
      title: 'Cached images',
      description:
        'Entries of the cache, of which each replica has its own, and how many images it knew before it was ready.',
      unit: 'short',
      queries: [
        { expr: of('wasmgate_image_cache_entries'), legend: '{{pod}}' },
        {
          expr: `sum by (pod) (${of('wasmgate_images_warmed_total', 'source!="failed"')})`,
          legend: '{{pod}} at its start',
        },
      ],
    },
    {
      kind: 'graph',
      title: 'Cache size',
      description: 'Estimated memory of the cached images.',
      unit: 'bytes',
      queries: [{ expr: of('wasmgate_image_cache_bytes'), legend: '{{pod}}' }],
    },
    {
      kind: 'graph',
      title: 'Registry requests',
      description:
        'Requests to registries by status, or by the reason for no answer. Every login begins with a 401; 429 is a limit of the registry.',
      unit: 'reqps',
      isStacked: true,
      queries: [
        {
          expr: `sum by (status, reason) (${rate('wasmgate_registry_requests_total')}) > 0`,
          legend: '{{status}} {{reason}}',
        },
      ],
    },
    {
      kind: 'graph',
      title: 'Received from registries',
      description: 'Bytes of bodies from registries.',
      unit: 'Bps',
      queries: [
        { expr: `sum by (pod) (${rate('wasmgate_registry_received_bytes_total')})`, legend: '{{pod}}' },
      ],
    },
    {
      kind: 'graph',
      title: 'Registry pauses',
      description:
        'Pauses that began or grew: an account at a registry that limits requests, a failing repository, or an unreachable registry.',
      unit: 'ops',
      queries: [
        { expr: `sum by (reason) (${rate('wasmgate_registry_pauses_total')})`, legend: '{{reason}}' },
      ],
    },
  ],
};

const CLUSTER: DashboardRow = {
  title: 'Cluster, configuration and certificates',
  panels: [
    {
      kind: 'graph',
      title: 'Time since the last contact',
      description:
        'Seconds since the API server last responded about a resource. Up to 200 is usual: a watch of a quiet resource hears little.',
      unit: 's',
      queries: [
        {
          expr: `time() - min by (resource) (${of('wasmgate_watch_last_contact_timestamp_seconds')} > 0)`,
          legend: '{{resource}}',
        },
      ],
    },
    {
      kind: 'graph',
      title: 'Watch restarts',
      description: 'Lists that wasmgate repeated because a watch failed or fell too far behind.',
      unit: 'ops',
      queries: [
        { expr: `sum by (resource) (${rate('wasmgate_watch_restarts_total')})`, legend: '{{resource}}' },
      ],
    },
    {
      kind: 'graph',
      title: 'Watches by resource',
      description:
        '1 while the resource is listed and its watch works; 0 while what a replica knows may be outdated.',
      unit: 'short',
      queries: [{ expr: `min by (resource) (${of('wasmgate_watch_synced')})`, legend: '{{resource}}' }],
    },
    {
      kind: 'graph',
      title: 'Configuration reloads',
      description: 'Changed configuration files that replicas applied or rejected.',
      unit: 'short',
      queries: [
        {
          expr: `sum by (result) (increase(${of('wasmgate_config_reloads_total')}[$__rate_interval]))`,
          legend: '{{result}}',
        },
      ],
    },
    {
      kind: 'graph',
      title: 'Age of the configuration',
      description: 'Time since a replica last applied a configuration; its start counts.',
      unit: 's',
      queries: [
        {
          expr: `time() - ${of('wasmgate_config_last_reload_success_timestamp_seconds')}`,
          legend: '{{pod}}',
        },
      ],
    },
    {
      kind: 'graph',
      title: 'Lifetime left of certificates',
      description:
        'Share of the lifetime that is left. The alert for the serving certificate fires below a third.',
      unit: 'percentunit',
      queries: [
        {
          expr: `min by (certificate) ((${of('wasmgate_certificate_not_after_timestamp_seconds')} - time()) / (${of('wasmgate_certificate_not_after_timestamp_seconds')} - ${of('wasmgate_certificate_not_before_timestamp_seconds')}))`,
          legend: '{{certificate}}',
        },
      ],
    },
    {
      kind: 'graph',
      title: 'Time since the certificate check',
      description: 'Time since a replica last checked its certificate without a failure.',
      unit: 's',
      queries: [
        {
          expr: `time() - (${of('wasmgate_certificate_last_check_success_timestamp_seconds')} > 0)`,
          legend: '{{pod}}',
        },
      ],
    },
  ],
};

const PROCESS: DashboardRow = {
  title: 'Process',
  panels: [
    {
      kind: 'graph',
      title: 'Event loop lag',
      description:
        'Delay of a timer: requests that arrive meanwhile wait as long. Over 1 s, wasmgate has too little CPU.',
      unit: 's',
      queries: [
        {
          expr: `histogram_quantile(0.99, sum by (pod, le) (${rate('wasmgate_event_loop_lag_seconds_bucket')}))`,
          legend: '{{pod}} p99',
        },
      ],
    },
    {
      kind: 'graph',
      title: 'CPU',
      description: 'CPU seconds per second.',
      unit: 'short',
      queries: [
        {
          expr: `${rate('process_cpu_seconds_total')} and on (job, instance) wasmgate_build_info`,
          legend: '{{pod}}',
        },
      ],
    },
    {
      kind: 'graph',
      title: 'Memory',
      description:
        'Resident memory, the JavaScript heap in it, and the limit, above which a replica is killed.',
      unit: 'bytes',
      queries: [
        { expr: ofProcess('process_resident_memory_bytes'), legend: '{{pod}} resident' },
        { expr: ofProcess('nodejs_heap_size_used_bytes'), legend: '{{pod}} heap' },
        { expr: `min(${of('wasmgate_memory_limit_bytes')})`, legend: 'limit' },
      ],
    },
    {
      kind: 'graph',
      title: 'Uptime',
      description: 'Time since a replica started. A drop is a restart.',
      unit: 's',
      queries: [{ expr: `time() - (${ofProcess('process_start_time_seconds')})`, legend: '{{pod}}' }],
    },
    {
      kind: 'graph',
      title: 'Versions',
      description: 'Replicas by version of wasmgate and of Node.',
      unit: 'short',
      isStacked: true,
      queries: [
        {
          expr: `count by (version, node) (${of('wasmgate_build_info')})`,
          legend: '{{version}} on Node {{node}}',
        },
      ],
    },
  ],
};

export const SYSTEM_ROWS: readonly DashboardRow[] = [IMAGES, CLUSTER, PROCESS];
