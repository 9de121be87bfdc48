import { expect, test } from 'vitest';
import { annotateMutation, annotateValidation } from '../../src/admission/answer-assessment.ts';
import { describeDenial, describeWarnings, summarizeChanges } from '../../src/admission/describe-warnings.ts';
import { CANNOT_RUN, decided, ON_NO_NODE, SET_CLASS } from '../support/assess/assessments.ts';

const POD = { kind: 'Pod', namespace: 'team-a' };
const TOO_LONG = { ...ON_NO_NODE, detail: `no node offers handler ${'x'.repeat(300)} of class "a".` };

test('a denial has a line for each finding, with its id, detail and fix', () => {
  const second = { ...CANNOT_RUN, detail: 'container "b" is a policy module.', advice: '' };
  expect(describeDenial([CANNOT_RUN, second])).toBe(
    [
      'wasmgate/handler-cannot-run-image: container "app" is a Spin application, which RuntimeClass "wasmtime" cannot run. Fix: Name RuntimeClass "wasmtime-spin-v2".',
      'wasmgate/handler-cannot-run-image: container "b" is a policy module',
    ].join('\n'),
  );
});

test('a denial with ten long findings shows all of them', () => {
  const long = Array.from({ length: 10 }, (_, index) => ({
    ...CANNOT_RUN,
    detail: `container "c${index}" ${'x'.repeat(2000)}.`,
  }));
  const lines = describeDenial(long).split('\n');
  expect(lines).toHaveLength(10);
  expect(lines.join('\n').length).toBeLessThanOrEqual(4096);
  for (const line of lines) expect(line).toMatch(/^wasmgate\/[a-z-]+: container "c\d" x+…x+\. Fix: Name /);
});

const WILL_BE_DENIED =
  'wasmgate/handler-cannot-run-image: Pods of this Deployment will be denied: container "app" is a Spin application, which RuntimeClass "wasmtime" cannot run. Name RuntimeClass "wasmtime-spin-v2".';
const WOULD_DENY =
  'wasmgate/handler-cannot-run-image: would deny: container "app" is a Spin application, which RuntimeClass "wasmtime" cannot run. Name RuntimeClass "wasmtime-spin-v2".';
const NO_NODE = 'wasmgate/handler-on-no-node: no node offers handler "wasmtime". Install the shim.';

test.each([
  ['enforce, a Pod: the denial is not repeated', {}, 'Pod', [NO_NODE]],
  ['enforce, a template: its Pods will be denied', {}, 'Deployment', [WILL_BE_DENIED, NO_NODE]],
  ['warn: a warning instead of a denial', { mode: 'warn' }, 'Pod', [WOULD_DENY, NO_NODE]],
  [
    'audit: one line, with the ids of the others',
    { mode: 'audit' },
    'Pod',
    [`${WOULD_DENY} Also: handler-on-no-node.`],
  ],
  [
    'audit of a change',
    { mode: 'audit', findings: [ON_NO_NODE] },
    'Pod',
    ['wasmgate/audit: would set runtimeClassName "wasmtime". Also: handler-on-no-node.'],
  ],
  [
    'audit of a template',
    { mode: 'audit', findings: [] },
    'Deployment',
    ['wasmgate/audit: would set runtimeClassName "wasmtime" in Pods of this Deployment'],
  ],
  ['audit of a warning', { mode: 'audit', findings: [ON_NO_NODE], changes: [] }, 'Pod', [NO_NODE]],
  [
    'audit with a note',
    { mode: 'audit', findings: [], notes: ['label wasmgate.dev/mode is "on"'] },
    'Pod',
    ['wasmgate/audit: would set runtimeClassName "wasmtime". Note: label wasmgate.dev/mode is "on".'],
  ],
  [
    'audit of a note only',
    { mode: 'audit', findings: [], changes: [], notes: ['label wasmgate.dev/mode is "on"'] },
    'Pod',
    ['wasmgate: label wasmgate.dev/mode is "on"'],
  ],
  ['audit of nothing', { mode: 'audit', findings: [], changes: [] }, 'Pod', []],
  ['audit without warnings', { mode: 'audit', warnInAudit: false, notes: ['a note'] }, 'Pod', []],
  ['warn ignores warnInAudit', { mode: 'warn', warnInAudit: false }, 'Pod', [WOULD_DENY, NO_NODE]],
  [
    'a note comes after denials and before warnings',
    { mode: 'warn', notes: ['label wasmgate.dev/mode is "on"'] },
    'Pod',
    [WOULD_DENY, 'wasmgate: label wasmgate.dev/mode is "on"', NO_NODE],
  ],
] as const)('warnings, %s', (_case, parts, kind, expected) => {
  const assessment = decided({
    findings: [ON_NO_NODE, CANNOT_RUN],
    changes: [SET_CLASS],
    isBinding: kind === 'Pod',
    ...parts,
  });
  expect(describeWarnings(assessment, { ...POD, kind })).toEqual(expected);
});

test('a line that is too long keeps its id and fix, and its detail is truncated in the middle', () => {
  const [line = '', ...more] = describeWarnings(decided({ findings: [TOO_LONG] }), POD);
  expect(more).toEqual([]);
  expect(line).toHaveLength(256);
  expect(line).toMatch(
    /^wasmgate\/handler-on-no-node: no node offers handler x+…x+ of class "a"\. Install the shim\.$/,
  );
});

test('a long fix is truncated and leaves room for the detail', () => {
  const [line = ''] = describeWarnings(
    decided({ findings: [{ ...TOO_LONG, advice: 'y'.repeat(1000) }] }),
    POD,
  );
  expect(line.length).toBeLessThanOrEqual(256);
  expect(line).toMatch(/^wasmgate\/handler-on-no-node: no node offers handler ….* of class "a"\. y+…$/);
});

test.each([
  ['the last part of an image', 'app:1', ' (image …/app:1)'],
  ['no image', `app@sha256:${'0'.repeat(64)}`, ''],
])('a line that is too long names %s, and keeps its middle', (_case, last, named) => {
  const image = `registry.example/${'team/'.repeat(12)}${last}`;
  const detail = `container "app" (image ${image}) is a Wasm image for a WASI platform, but the Spin shim of RuntimeClass "wasmtime-spin-v2" runs only applications made for it.`;
  const [line = ''] = describeWarnings(decided({ findings: [{ ...ON_NO_NODE, detail }] }), POD);
  expect(line).toBe(
    `wasmgate/handler-on-no-node: ${detail.replace(` (image ${image})`, named)} Install the shim.`,
  );
});

test('the three most severe findings have lines, and the last line counts the others', () => {
  const findings = (['advice', 'degraded', 'may-not-start', 'cannot-start', 'cannot-start'] as const).map(
    (consequence, index) => ({ ...ON_NO_NODE, consequence, detail: `${index} ${consequence}` }),
  );
  expect(describeWarnings(decided({ findings }), POD)).toEqual([
    'wasmgate/handler-on-no-node: 3 cannot-start. Install the shim.',
    'wasmgate/handler-on-no-node: 4 cannot-start. Install the shim.',
    'wasmgate/handler-on-no-node: 2 may-not-start. Install the shim.',
    'wasmgate: 2 more warnings; to list all, run: wasmgate review -f FILE --live -n team-a',
  ]);
});

test('a summary of changes names the class, annotations, and the fields of each container', () => {
  const at = (path: string) => ({ ...SET_CLASS, path, value: '64Mi' });
  const of = (name: string, index: number) => ({
    ...CONTAINER,
    path: `/spec/containers/${index}`,
    container: { name },
    verdict: { kind: 'container', evidence: [] } as const,
  });
  const changes = [
    SET_CLASS,
    at('/spec/nodeSelector/kubernetes.io~1arch'),
    at('/spec/tolerations/-'),
    at('/spec/tolerations/-'),
    at('/metadata/annotations/wasmgate.dev~1runtime-class-chosen'),
    at('/metadata/annotations/module.wasm.image~1variant'),
    at('/spec/containers/0/resources/requests/cpu'),
    at('/spec/containers/0/resources/limits/cpu'),
    at('/spec/containers/0/resources/limits/memory'),
    at('/spec/containers/1/resources/requests/cpu'),
    at('/spec/containers/1/resources/limits/cpu'),
    at('/spec/containers/2/command'),
    at('/spec/containers/2/resources/requests/cpu'),
    at('/spec/containers/2/resources/limits/cpu'),
  ];
  expect(summarizeChanges(changes, [of('app', 0), of('proxy', 1), of('spin', 2)])).toBe(
    'runtimeClassName "wasmtime", nodeSelector, tolerations, annotation module.wasm.image/variant, requests and limits of containers "app", "proxy", command, requests and limits of container "spin"',
  );
});

test.each([
  ['a denied Pod', {}, { outcome: 'denied', mode: 'enforce' }],
  ['a template that is only warned about', { isBinding: false }, { outcome: 'warned', mode: 'enforce' }],
  ['audit of a denial', { mode: 'audit', changes: [SET_CLASS] }, { outcome: 'would-deny', mode: 'audit' }],
  ['no denial', { findings: [ON_NO_NODE] }, { outcome: 'allowed', findings: 'handler-on-no-node' }],
  [
    'audit of a change, also without warnings',
    {
      mode: 'audit',
      warnInAudit: false,
      findings: [ON_NO_NODE],
      changes: [SET_CLASS, { ...SET_CLASS, path: '/spec/overhead' }],
    },
    {
      mode: 'audit',
      outcome: 'would-change',
      'would-change': '/spec/runtimeClassName /spec/overhead',
      findings: 'handler-on-no-node',
    },
  ],
] as const)('annotations of a validation: %s', (_case, parts, expected) => {
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

test('a validation annotates the kind of each image', () => {
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

test('a stale registry response is annotated with its time, and causes a warning if a finding depends on it', () => {
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
  expect(describeWarnings(assessment, POD).filter((line) => line.includes('registry'))).toEqual([
    'wasmgate: container "app" is judged by facts of 2026-11-21T14:02:11.000Z, because its registry cannot be read now (unreachable)',
  ]);
});

test('a second mutation annotates each key with the same value or omits it', () => {
  const first = annotateMutation(decided({ changes: [SET_CLASS] }));
  const again = annotateMutation(decided({ origin: 'pod' }));
  expect(first).toEqual({ mode: 'enforce', 'runtime-class': 'wasmtime', changes: '/spec/runtimeClassName' });
  expect(first).toMatchObject(again);
});

test('the audit log names excepted findings', () => {
  const excepted = { ...CANNOT_RUN, action: 'excepted' } as const;
  const answer = decided({ findings: [excepted, ON_NO_NODE] });
  expect(describeWarnings(answer, POD)).toEqual([NO_NODE]);
  expect(annotateValidation(answer)).toMatchObject({
    outcome: 'allowed',
    findings: 'handler-cannot-run-image handler-on-no-node',
    excepted: 'handler-cannot-run-image',
  });
});
