import { expect, test } from 'vitest';
import { describeChange, formatField } from '../../src/admission/describe-change.ts';
import {
  annotateMutation,
  annotateValidation,
  describeDenial,
  describeWarnings,
} from '../../src/admission/describe-outcome.ts';
import { CANNOT_RUN, decided, ON_NO_NODE, SET_CLASS } from '../support/assess/assessments.ts';

const LONG = { ...ON_NO_NODE, detail: `no node offers handler ${'x'.repeat(90)}.` };

test('a denial says what and why, then what to do, for every refusal', () => {
  const second = { ...CANNOT_RUN, detail: 'container "b" is a policy module.', advice: '' };
  expect(describeDenial([CANNOT_RUN, second])).toBe(
    [
      'container "app" is a Spin application, which RuntimeClass "wasmtime" cannot run',
      'To fix: Name RuntimeClass "wasmtime-spin-v2".',
      'also: container "b" is a policy module',
    ].join('\n'),
  );
});

test.each([
  [
    'enforce, a Pod: what refuses it is in the denial, not here',
    {},
    'Pod',
    ['wasmgate: no node offers handler "wasmtime". Install the shim.'],
  ],
  [
    'enforce, a template: its Pods will be refused',
    {},
    'Deployment',
    [
      'wasmgate: Pods of this Deployment will be refused: container "app" is a Spin application, which RuntimeClass "wasmtime" cannot run',
      'wasmgate: Name RuntimeClass "wasmtime-spin-v2".',
      'wasmgate: no node offers handler "wasmtime". Install the shim.',
    ],
  ],
  [
    'warn: changed, and warned instead of refused',
    { mode: 'warn' },
    'Pod',
    [
      'wasmgate (warn): would refuse: container "app" is a Spin application, which RuntimeClass "wasmtime" cannot run',
      'wasmgate (warn): Name RuntimeClass "wasmtime-spin-v2".',
      'wasmgate (warn): no node offers handler "wasmtime". Install the shim.',
    ],
  ],
  [
    'audit: everything told',
    { mode: 'audit' },
    'Pod',
    [
      'wasmgate (audit): would refuse: container "app" is a Spin application, which RuntimeClass "wasmtime" cannot run',
      'wasmgate (audit): Name RuntimeClass "wasmtime-spin-v2".',
      'wasmgate (audit): would set spec.runtimeClassName="wasmtime"',
      'wasmgate (audit): no node offers handler "wasmtime". Install the shim.',
    ],
  ],
  [
    'notes come first',
    { findings: [], notes: ['label wasmgate.dev/mode is "on"'] },
    'Pod',
    ['wasmgate: label wasmgate.dev/mode is "on"'],
  ],
  [
    'a long finding takes two lines',
    { findings: [LONG] },
    'Pod',
    [`wasmgate: no node offers handler ${'x'.repeat(90)}`, 'wasmgate: Install the shim.'],
  ],
] as const)('warnings, %s', (_case, parts, subject, expected) => {
  const isBinding = subject === 'Pod';
  const assessment = decided({
    findings: [CANNOT_RUN, ON_NO_NODE],
    changes: [SET_CLASS],
    isBinding,
    ...parts,
  });
  expect(describeWarnings(assessment, subject)).toEqual(expected);
});

test('withheld changes share lines as far as these stay short', () => {
  const changes = ['cpu', 'memory', 'storage'].map((resource) => ({
    ...SET_CLASS,
    path: `/spec/containers/0/resources/limits/${resource}`,
    value: '64Mi',
  }));
  expect(describeWarnings(decided({ mode: 'audit', changes }), 'Pod')).toEqual([
    'wasmgate (audit): would set spec.containers[0].resources.limits.cpu="64Mi"',
    'wasmgate (audit): would set spec.containers[0].resources.limits.memory="64Mi"',
    'wasmgate (audit): would set spec.containers[0].resources.limits.storage="64Mi"',
  ]);
  expect(describeWarnings(decided({ mode: 'audit', changes: [SET_CLASS, SET_CLASS] }), 'Pod')).toEqual([
    'wasmgate (audit): would set spec.runtimeClassName="wasmtime", spec.runtimeClassName="wasmtime"',
  ]);
});

test.each([
  ['/spec/runtimeClassName', 'spec.runtimeClassName'],
  ['/spec/containers/0/resources', 'spec.containers[0].resources'],
  ['/metadata/annotations/module.wasm.image~1variant', 'metadata.annotations["module.wasm.image/variant"]'],
  ['/spec/tolerations/-', 'spec.tolerations'],
])('%s is told as %s', (pointer, field) => {
  expect(formatField(pointer)).toBe(field);
});

test('a change tells its value where that is short', () => {
  expect(describeChange(SET_CLASS)).toBe('spec.runtimeClassName="wasmtime"');
  expect(describeChange({ ...SET_CLASS, path: '/spec/tolerations/-', value: { key: 'a' } })).toBe(
    'spec.tolerations+={"key":"a"}',
  );
  expect(describeChange({ ...SET_CLASS, value: 'x'.repeat(50) })).toBe('spec.runtimeClassName');
});

test.each([
  ['a Pod refused', {}, { outcome: 'denied', mode: 'enforce' }],
  ['a template that is only told', { isBinding: false }, { outcome: 'warned', mode: 'enforce' }],
  ['audit', { mode: 'audit' }, { outcome: 'would-deny', mode: 'audit' }],
  ['nothing to refuse', { findings: [ON_NO_NODE] }, { outcome: 'allowed', findings: 'handler-on-no-node' }],
] as const)('validation annotates: %s', (_case, parts, expected) => {
  expect(annotateValidation(decided({ findings: [CANNOT_RUN, CANNOT_RUN], ...parts }))).toEqual({
    mode: 'enforce',
    findings: 'handler-cannot-run-image',
    'runtime-class': 'wasmtime',
    ...expected,
  });
});

const CONTAINER = {
  kind: 'main',
  path: '/spec/containers/0',
  image: 'i',
  facts: null,
  isSkipped: false,
} as const;

test('validation annotates what each image is', () => {
  const containers = [
    {
      ...CONTAINER,
      container: { name: 'app' },
      verdict: {
        kind: 'wasm',
        flavour: 'wasi-image',
        shape: null,
        packaging: 'tar',
        evidence: [],
        firstArgument: null,
      },
    },
    { ...CONTAINER, container: { name: 'proxy' }, verdict: { kind: 'container', evidence: [] } },
    {
      ...CONTAINER,
      container: { name: 'own' },
      isSkipped: true,
      verdict: { kind: 'container', evidence: [] },
    },
    {
      ...CONTAINER,
      container: { name: 'far' },
      verdict: { kind: 'unknown', reason: 'timeout', detail: '', advice: null, evidence: [] },
    },
  ] as const;
  expect(annotateValidation(decided({ containers, origin: 'none' }))).toEqual({
    mode: 'enforce',
    outcome: 'allowed',
    images: 'app=wasm/wasi-image, proxy=container, own=skipped, far=unknown/timeout',
  });
});

test('what a registry said before it was away is told with its time, and warned of where it counts', () => {
  const stale = { since: Date.UTC(2026, 10, 21, 14, 2, 11), reason: 'unreachable' } as const;
  const old = { ...CONTAINER, verdict: { kind: 'container', evidence: [] }, stale } as const;
  const containers = [
    { ...old, container: { name: 'app' } },
    { ...old, container: { name: 'proxy' } },
  ];
  const assessment = decided({ containers, findings: [CANNOT_RUN] });
  expect(annotateValidation(assessment)['images']).toBe(
    'app=container (as of 2026-11-21T14:02:11.000Z, now unreachable), proxy=container (as of 2026-11-21T14:02:11.000Z, now unreachable)',
  );
  expect(describeWarnings(assessment, 'Pod').filter((line) => line.includes('registry'))).toEqual([
    'wasmgate: container "app" is judged by what its registry said at 2026-11-21T14:02:11.000Z; now it cannot be asked (unreachable)',
  ]);
});

test('mutation annotates the same key with the same value, or not at all, when asked again', () => {
  const first = annotateMutation(decided({ changes: [SET_CLASS] }));
  const again = annotateMutation(decided({ origin: 'pod' }));
  expect(first).toEqual({ mode: 'enforce', 'runtime-class': 'wasmtime', changes: '/spec/runtimeClassName' });
  expect(first).toMatchObject(again);
});
