import type { ReportedVerdict } from '../../../src/assess/inspect/image-report.ts';
import { assembleReport } from '../../../src/audit/assemble-report.ts';
import type {
  AuditedImage,
  AuditedWorkload,
  AuditFinding,
  AuditReport,
} from '../../../src/audit/audit-report.ts';
import {
  clusterCapabilities,
  type ClusterCapabilities,
} from '../../../src/audit/capabilities/cluster-capabilities.ts';
import type { ReportedChange } from '../../../src/audit/reported-item.ts';
import { severityOf, type FindingId } from '../../../src/policy/finding-catalog.ts';
import { auditReport as plainReport } from '../audit/audit-reports.ts';
import { cluster, node, runtimeClass, settings } from '../pod/pods.ts';

/** An audit's report with content of every kind, as a page or a table may have to show it. */

export function verdict(parts: Partial<ReportedVerdict> = {}): ReportedVerdict {
  return { kind: 'container', flavour: null, shape: null, reason: null, ...parts };
}

const VERDICTS = {
  linux: verdict(),
  module: verdict({ kind: 'wasm', flavour: 'wasi-image', shape: 'module' }),
  component: verdict({ kind: 'wasm', flavour: 'oci-component', shape: 'component' }),
  spin: verdict({ kind: 'wasm', flavour: 'spin-app', shape: 'application' }),
  open: verdict({ kind: 'wasm', flavour: 'annotated-image' }),
  policy: verdict({ kind: 'not-a-workload', flavour: 'kubewarden-policy' }),
  chart: verdict({ kind: 'not-a-workload' }),
  unreachable: verdict({ kind: 'unknown', reason: 'unreachable' }),
  forbidden: verdict({ kind: 'unknown', reason: 'unauthorized' }),
};
type Known = keyof typeof VERDICTS;

export function finding(id: FindingId, parts: Partial<AuditFinding> = {}): AuditFinding {
  return {
    id,
    severity: severityOf(id),
    action: severityOf(id) === 'error' ? 'deny' : 'warn',
    container: null,
    message: `a message about ${id}`,
    advice: `a fix for ${id}.`,
    concerns: 'new-pods',
    pods: null,
    ...parts,
  };
}

interface Sketch extends Partial<Omit<AuditedWorkload, 'images' | 'subject' | 'pods'>> {
  readonly subject: readonly [kind: string, namespace: string, name: string];
  /** Container, image and what it is. */
  readonly images?: readonly (readonly [container: string, image: string, known: Known])[];
  readonly pods?: Partial<AuditedWorkload['pods']>;
}

export function workload({ subject, images = [], pods, ...parts }: Sketch): AuditedWorkload {
  const [kind, namespace, name] = subject;
  return {
    subject: { apiVersion: 'apps/v1', kind, namespace, name, uid: `${namespace}-${name}` },
    outcome: 'admitted',
    refuses: null,
    hangsOn: [],
    mode: 'enforce',
    runtimeClass: null,
    changes: [],
    patch: [],
    findings: [],
    notes: [],
    ...parts,
    pods: { running: 1, failing: 0, examples: [], ...pods },
    images: images.map(([container, image, known]) => ({ container, image, verdict: VERDICTS[known] })),
  };
}

function imagesOf(workloads: readonly AuditedWorkload[]): readonly AuditedImage[] {
  const images = new Map<string, AuditedImage>();
  for (const one of workloads)
    for (const { image, verdict: what } of one.images) {
      const isUnknown = what.kind === 'unknown';
      images.set(image, {
        image,
        verdict: what,
        workloads: (images.get(image)?.workloads ?? 0) + 1,
        detail: isUnknown ? `the registry of ${image} did not answer within 10s` : null,
        advice: isUnknown ? 'Check that the registry is reachable, or add a mirror.' : null,
      });
    }
  return [...images.values()];
}

/** Pods that no report shows. */
const SKIPPED_PODS = 3;

export function auditReport(
  workloads: readonly AuditedWorkload[],
  parts: Partial<AuditReport> = {},
): AuditReport {
  const { summary: _, ...audited } = plainReport(workloads, {
    takenAt: '2026-11-29T11:30:27.000Z',
    cluster: { server: 'https://api.wasm.example.com:6443/', version: 'v1.36.3', wasmgate: 'installed' },
    configuration: 'ConfigMap wasmgate-system/wasmgate-configuration of the cluster',
    images: imagesOf(workloads),
    capabilities: CAPABILITIES,
  });
  return { ...assembleReport(audited, SKIPPED_PODS), ...parts };
}

const TEMPLATE = 'spec.template.spec';
const NEEDS_CLASS: readonly ReportedChange[] = [
  {
    field: `${TEMPLATE}.runtimeClassName`,
    value: 'wasmtime',
    reason: 'container "app" is a Wasm image for a WASI platform',
  },
  {
    field: `${TEMPLATE}.nodeSelector`,
    value: { 'example.com/wasm': 'true' },
    reason: 'of RuntimeClass "wasmtime"',
  },
  {
    field: `${TEMPLATE}.tolerations`,
    value: [{ key: 'wasm-workload', operator: 'Equal', value: 'true', effect: 'NoSchedule' }],
    reason: 'of RuntimeClass "wasmtime"',
  },
  {
    field: 'spec.template.metadata.annotations["wasmgate.dev/runtime-class-chosen"]',
    value: 'wasmtime',
    reason: 'remembers the choice',
  },
  {
    field: `${TEMPLATE}.containers[0].resources.limits.memory`,
    value: '128Mi',
    reason: 'tier "standard"; the measured need is 80Mi',
  },
];
const PATCH = [{ op: 'add', path: '/spec/template/spec/runtimeClassName', value: 'wasmtime' }] as const;
const WASMTIME = { name: 'wasmtime', handler: 'wasmtime', origin: 'chosen' } as const;

/** A text that would be markup, if the page did not escape it; it also tries to reverse the text. */
export const HOSTILE = `"><script>document.title='broken'</script><img src=x onerror=alert(1)>'\u202e&amp;`;

const SHOP: readonly AuditedWorkload[] = [
  workload({
    subject: ['Deployment', 'shop', 'cart'],
    outcome: 'refused',
    runtimeClass: WASMTIME,
    changes: NEEDS_CLASS,
    patch: PATCH,
    images: [['app', 'registry.example.com/shop/cart:2.4.1', 'module']],
    pods: { running: 200, failing: 200, examples: ['cart-6f8c9d4b5-2xkqz', 'cart-6f8c9d4b5-7hplm'] },
    findings: [
      finding('wasm-image-without-runtime-class', {
        concerns: 'running-pods',
        pods: 200,
        message: '200 Pods run without the class they need',
        advice: 'Recreate them: `kubectl rollout restart deployment/cart -n shop`',
      }),
      finding('packaging-advice', {
        container: 'app',
        message: 'container "app" would need a fifth of the memory as a Wasm layer',
        advice: 'Build it with `oci-tar-builder`.',
      }),
    ],
  }),
  workload({
    subject: ['Deployment', 'shop', 'orders'],
    outcome: 'refused',
    refuses: 'pods',
    runtimeClass: { name: 'wasmtime', handler: 'wasmtime', origin: 'pod' },
    images: [
      ['orders', 'registry.example.com/shop/orders:2.3', 'spin'],
      ['proxy', 'docker.io/istio/proxyv2:1.27.1', 'linux'],
    ],
    pods: { running: 3, failing: 3, examples: ['orders-7d9f'] },
    findings: [
      finding('handler-cannot-run-image', {
        container: 'orders',
        message:
          'container "orders" (image registry.example.com/shop/orders:2.3) is a Spin application, but the Wasmtime shim of RuntimeClass "wasmtime" cannot host this kind of application',
        advice: 'Set runtimeClassName to "wasmtime-spin-v2".',
      }),
      finding('exec-probe-unsupported', { container: 'proxy' }),
    ],
  }),
  workload({
    subject: ['CronJob', 'shop', 'nightly-report'],
    outcome: 'undecided',
    hangsOn: ['images'],
    images: [
      [
        'report',
        'harbor.internal.example.com/team/report@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        'unreachable',
      ],
    ],
    pods: { running: 0 },
    notes: ['container "report": harbor.internal.example.com did not answer within 10s'],
  }),
  workload({
    subject: ['StatefulSet', 'shop', 'postgres'],
    images: [['db', 'docker.io/library/postgres:18', 'linux']],
    pods: { running: 3 },
  }),
  workload({
    subject: ['Deployment', 'shop', 'web'],
    images: [['web', 'docker.io/library/nginx:1.29', 'linux']],
    pods: { running: 12 },
  }),
];

const EDGE: readonly AuditedWorkload[] = [
  workload({
    subject: ['DaemonSet', 'edge', 'filter'],
    runtimeClass: { name: 'spin', handler: 'spin', origin: 'pod' },
    images: [['filter', 'ghcr.io/example/filter:1', 'spin']],
    pods: { running: 40 },
    findings: [
      finding('handler-not-on-every-node', {
        message:
          'RuntimeClass "spin" lets this Pod onto nodes without its handler (400 of 500, such as "n1"), where it never starts',
        advice:
          'Label the nodes that have it, and select that label in scheduling.nodeSelector of the class.',
      }),
      finding('memory-below-floor', { container: 'filter', action: 'excepted' }),
    ],
  }),
  workload({
    subject: ['Rollout', 'edge', 'gateway'],
    outcome: 'changed',
    mode: 'audit',
    runtimeClass: WASMTIME,
    changes: NEEDS_CLASS.slice(0, 1),
    images: [
      ['app', 'ghcr.io/example/gateway:3', 'component'],
      ['init', 'ghcr.io/example/policy:1', 'policy'],
    ],
  }),
  workload({
    subject: ['SpinApp', 'edge', 'hello'],
    outcome: 'refused',
    refuses: 'pods',
    runtimeClass: { name: 'wasmtime-spin', handler: null, origin: 'none' },
    images: [
      ['hello', 'ghcr.io/example/hello:1', 'spin'],
      ['chart', 'ghcr.io/example/chart:1', 'chart'],
    ],
    findings: [finding('runtime-class-missing', { message: 'RuntimeClass "wasmtime-spin" does not exist' })],
  }),
  workload({
    subject: ['Pod', 'edge', 'debug'],
    outcome: 'undecided',
    hangsOn: ['manifest', 'runtime-classes'],
    images: [['x', '', 'forbidden']],
  }),
];

const OTHERS: readonly AuditedWorkload[] = [
  ...Array.from({ length: 14 }, (_, index) =>
    workload({
      subject: ['Deployment', `team-${index % 3}`, `service-with-a-long-name-${index}`],
      outcome: 'changed',
      runtimeClass: WASMTIME,
      changes: NEEDS_CLASS,
      patch: PATCH,
      images: [
        ['app', `registry.example.com/team/service-${index}:1.0`, index % 2 === 0 ? 'module' : 'open'],
      ],
      pods: { running: index },
      findings: [
        finding('image-needs-unpack-setting', {
          message: 'container "app" is not for linux, and node "n7" (containerd://2.3.1) does not unpack it',
          advice: 'Build it with --platform linux/amd64 --provenance=false --sbom=false.',
        }),
      ],
    }),
  ),
  ...Array.from({ length: 24 }, (_, index) =>
    workload({
      subject: ['Deployment', 'platform', `addon-${index}`],
      images: [['main', `registry.example.com/addon:${index}`, 'linux']],
    }),
  ),
  workload({
    subject: ['DaemonSet', 'kube-system', 'cni'],
    outcome: 'skipped',
    mode: null,
    notes: ['namespace kube-system is never judged'],
  }),
];

const ATTACK = workload({
  subject: ['Deployment', 'zz-hostile', HOSTILE],
  outcome: 'changed',
  runtimeClass: { name: `${HOSTILE}${'x'.repeat(200)}`, handler: HOSTILE, origin: 'chosen' },
  changes: [{ field: `metadata.annotations["${HOSTILE}"]`, value: { [HOSTILE]: HOSTILE }, reason: HOSTILE }],
  patch: PATCH,
  images: [[HOSTILE, `registry.example.com/${'very-long-name/'.repeat(20)}${HOSTILE}`, 'module']],
  notes: [HOSTILE],
  pods: { running: 1, failing: 1, examples: [HOSTILE] },
  findings: [
    finding('file-not-wasm', {
      container: HOSTILE,
      message: `${'word '.repeat(30)}${HOSTILE}`,
      advice: HOSTILE,
    }),
  ],
});

const NODES = [
  ...Array.from({ length: 480 }, (_, index) =>
    node(`n${index}`, {
      handlers: index < 100 ? ['crun', 'runc', 'spin', 'wasmtime'] : ['runc'],
      runtimeVersion: `containerd://2.3.${index % 4}`,
      unschedulable: index > 477,
    }),
  ),
  ...Array.from({ length: 12 }, (_, index) =>
    node(`a${index}`, { architecture: 'arm64', runtimeVersion: 'containerd://1.7.5' }),
  ),
  ...Array.from({ length: 8 }, (_, index) =>
    node(`c${index}`, {
      handlers: ['crun', 'wasmedge'],
      runtimeVersion: 'cri-o://1.34.0',
      labels: { pool: 'crio' },
    }),
  ),
];

const CAPABILITIES: ClusterCapabilities = clusterCapabilities({
  cluster: cluster(
    [
      runtimeClass('crun', { nodeSelector: { pool: 'crio' } }),
      runtimeClass('nvidia'),
      runtimeClass('slight', { nodeSelector: { pool: 'crio' } }),
      runtimeClass('spin'),
      runtimeClass('wasmtime'),
      runtimeClass(`${HOSTILE}-class`, { handler: HOSTILE }),
    ],
    NODES,
  ),
  settings: settings(),
  use: new Map([
    ['spin', { named: 1, chosen: 0 }],
    ['wasmtime', { named: 1, chosen: 16 }],
  ]),
  isKnown: { classes: true, nodes: true },
});

export const FULL_REPORT = auditReport(
  [
    ...EDGE,
    ...OTHERS.filter(({ subject }) => subject.namespace < 'shop'),
    ...SHOP,
    ...OTHERS.filter(({ subject }) => subject.namespace > 'shop'),
    ATTACK,
  ],
  {
    isComplete: false,
    unreadable: [
      {
        what: 'nodes',
        kinds: [],
        message: 'User "dev" cannot list resource "nodes" in API group "" at the cluster scope',
        advice: 'The right to list nodes is missing.',
      },
      { what: HOSTILE, kinds: [], message: HOSTILE, advice: HOSTILE },
    ],
  },
);
