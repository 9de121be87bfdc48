import { describe, expect, test } from 'vitest';
import { createSkipList } from '../../src/assess/skip-list.ts';
import { applyRules } from '../../src/config/apply-rules.ts';
import { matchesGlob } from '../../src/lib/matches-glob.ts';
import { policyRules } from '../../src/policy/setting-rules.ts';

function vainIn(section: object): readonly string[] {
  return applyRules(policyRules, section, []).vain.map(({ text }) => text);
}

function notesOn(section: object): readonly string[] {
  return applyRules(policyRules, section, []).note.map(({ text }) => text);
}

/** Images of all forms that a reference has. */
const IMAGES: readonly string[] = [
  'nginx',
  'nginx:latest',
  'nginx@sha256:04796800bce104862817b71fba6fb81d59d6ffbfbf02c34946c74e7278e8715f',
  'library/nginx',
  'docker.io/nginx:1.25',
  'docker.io/library/nginx',
  'index.docker.io/library/nginx',
  'istio/proxyv2:1',
  'ghcr.io/a/b:1',
  'GHCR.io/a/b',
  'MyHost/a/b',
  'localhost/app',
  'localhost:5000/app:1',
  'reg:5000/app',
  'reg:5000/a/b:latest',
  '10.0.0.1:1/x',
  '[::1]:5000/team/app',
  'quay.io/team-a/app_b.c',
];

describe('policy.skipImages', () => {
  test.each([
    ['nginx:latest', 'Write "nginx".'],
    ['docker.io/library/nginx:1.*', 'Write "docker.io/library/nginx".'],
    ['ghcr.io/a/*:latest', 'Write "ghcr.io/a/*".'],
    ['*:latest', 'wasmgate cannot skip images by their tag.'],
    ['*/*:v1', 'wasmgate cannot skip images by their tag.'],
    ['reg:5000', 'Write "reg:5000/*" for a registry, or "reg" for an image of Docker Hub.'],
    ['nginx@sha256:*', 'Write "nginx".'],
    ['https://ghcr.io/*', 'Write "ghcr.io/*".'],
    ['docker.io/nginx', 'Write "docker.io/library/nginx".'],
    ['index.docker.io/library/nginx', 'Write "docker.io/library/nginx".'],
    ['GHCR.io/a/*', 'Write "ghcr.io/a/*".'],
    ['ghcr.io/A/b', 'Write "ghcr.io/a/b".'],
    ['ghcr.io/', 'Write "ghcr.io/*".'],
    ['ghcr.io//b', 'a slash separates names'],
    ['a b', 'Write one item for each.'],
    ['nginx,redis', 'Write one item for each.'],
    ['nginx!', 'no image has such a name.'],
  ])('%s can never match', (pattern, says) => {
    expect(vainIn({ skipImages: [pattern] })).toEqual([expect.stringContaining(says)]);
    const matches = createSkipList([pattern]);
    for (const image of IMAGES) expect([image, matches(image)]).toEqual([image, null]);
  });

  test.each([
    'nginx',
    '*',
    '*/*',
    'docker.io/*',
    'docker.io/library/nginx',
    'istio/*',
    'ghcr.io/*',
    'MyHost/*',
    'localhost:5000/*',
    'localhost:*',
    'localhost:50*',
    'reg:5000/*',
    'reg:?000/a/b',
    '*:5000/*',
    '10.0.0.1:1/x',
    '[::1]:5000/*',
    '*/app_b.c',
    'quay.io/team*/app?b.c',
  ])('%s may match', (pattern) => {
    expect(vainIn({ skipImages: [pattern] })).toEqual([]);
    const matches = createSkipList([pattern]);
    expect(IMAGES.filter((image) => matches(image) !== null)).not.toEqual([]);
  });

  test('a host alone gets a note', () => {
    expect(notesOn({ skipImages: ['ghcr.io'] })).toEqual([expect.stringContaining('write "ghcr.io/*"')]);
    expect(notesOn({ skipImages: ['nginx', 'ghcr.io/*', 'a.b/c', '*.io'] })).toEqual([]);
  });
});

describe('patterns of namespaces', () => {
  const sections: readonly ((pattern: string) => object)[] = [
    (pattern) => ({ systemNamespaces: [pattern] }),
    (pattern) => ({ exceptions: [{ namespaces: [pattern], findings: ['image-unknown'] }] }),
  ];

  test.each([
    ['Team-A', 'Write "team-a"'],
    ['team_a', 'Its only wildcards are * and ?'],
    ['team-.*', 'Its only wildcards are * and ?'],
    ['a/*', 'Its only wildcards'],
    ['a,b', 'Write one item for each'],
    ['-a', 'neither start nor end with "-"'],
    ['*-', 'neither start nor end with "-"'],
    ['a'.repeat(64), 'at most 63 characters'],
    [`*${'a'.repeat(32)}*${'b'.repeat(32)}`, 'at most 63 characters'],
  ])('%s can never match', (pattern, says) => {
    for (const section of sections) expect(vainIn(section(pattern))).toEqual([expect.stringContaining(says)]);
  });

  test.each([
    ['openshift-*', 'openshift-a'],
    ['*', 'a'],
    ['team-?', 'team-a'],
    ['*-system', 'a-system'],
    ['a--b', 'a--b'],
    ['7', '7'],
    [`${'a'.repeat(63)}*`, 'a'.repeat(63)],
  ])('%s may match', (pattern, namespace) => {
    for (const section of sections) expect(vainIn(section(pattern))).toEqual([]);
    expect(matchesGlob(pattern, namespace)).toBe(true);
  });

  test('an exception without namespaces or findings applies to nothing', () => {
    const exceptions = [
      { namespaces: [], findings: ['image-unknown'] },
      { namespaces: ['a'], findings: [] },
    ];
    expect(vainIn({ exceptions })).toEqual([
      expect.stringContaining('namespaces is empty'),
      expect.stringContaining('findings is empty'),
    ]);
  });

  test('an exception for a namespace that is never judged gets a note', () => {
    const exceptions = [{ namespaces: ['kube-system', 'kube-*'], findings: ['image-unknown'] }];
    expect(notesOn({ exceptions })).toEqual([expect.stringContaining('"kube-system" needs no exception')]);
  });
});

test.each([
  [{ preferRuntimeClasses: ['wasmtime', 'spin.v2', 'spin*'] }, ['without wildcards']],
  [{ preferRuntimeClasses: ['Spin', ''] }, ['lowercase names', 'lowercase names']],
  [{ linuxHandlers: ['runc', 'kata*', 'Kata*'] }, ['Write "kata*"']],
  [
    { handlers: { '': {}, spin: {}, 'spin-v0-15-1': {}, Foo: {}, 'a*': {} } },
    ['Write "foo"', 'one handler, without'],
  ],
  [{ resources: { linuxRequests: { memory: '100Mi', cpu: '200m' } } }, []],
  [{ resources: { linuxRequests: { memory: '100m', cpu: '1Gi' } } }, ['Write "100Mi"', 'such as "200m"']],
])('%j', (section, says) => {
  expect(vainIn(section)).toEqual(says.map((text) => expect.stringContaining(text)));
});

/** Kubernetes' `ValidateTolerations` (pkg/apis/core/validation/validation.go). */
test.each([
  [{ key: 'a', operator: 'Exists' }, null],
  [{ operator: 'Exists' }, null],
  [{ key: 'example.com/a', value: 'b', effect: 'NoSchedule' }, null],
  [{ key: 'a', effect: 'NoExecute', tolerationSeconds: 5 }, null],
  [{ operator: 'Exists', key: 'a', value: 'b' }, 'it takes no value'],
  [{ value: 'b' }, 'it takes operator: Exists'],
  [{}, 'it takes operator: Exists'],
  [{ key: 'a b', operator: 'Exists' }, 'not the key of a taint'],
  [{ key: 'a/b/c', operator: 'Exists' }, 'not the key of a taint'],
  [{ key: 'a', value: 'b c' }, 'not the value of a taint'],
  [{ key: 'a', tolerationSeconds: 5 }, 'takes effect: NoExecute'],
])('a toleration %j', (toleration, says) => {
  const expected =
    says === null ? [] : [expect.stringMatching(`^the API server rejects every Pod .*${says}`)];
  expect(vainIn({ tolerations: [toleration] })).toEqual(expected);
});
