import { describe, expect, test } from 'vitest';
import type { PodSpec, Toleration } from '../../src/pod/pod.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';
import { linux, type ImageSketch } from '../support/image/image-facts.ts';
import { cluster, node, pod, podFacts, runtimeClass, settings } from '../support/pod/pods.ts';

const LEGACY: ImageSketch = {
  configType: 'application/vnd.wasm.config.v1+json',
  layers: ['application/vnd.wasm.content.layer.v1+wasm'],
};
const IMAGES = {
  module: LEGACY,
  policy: { ...LEGACY, annotations: { 'io.kubewarden.policy.title': 'x' } },
  app: linux('/app.wasm'),
  server: linux('/server'),
};
const ARCH = { 'kubernetes.io/arch': 'wasm32-wasi' };
const KRUSTLET = node('krustlet', { labels: ARCH, architecture: 'wasm-wasi', handlers: null });
const TOLERATIONS: readonly Toleration[] = ['NoExecute', 'NoSchedule'].map((effect) => ({
  key: 'kubernetes.io/arch',
  operator: 'Equal',
  value: 'wasm32-wasi',
  effect,
}));

interface Setup {
  readonly images?: readonly (keyof typeof IMAGES)[];
  readonly spec?: Partial<PodSpec>;
  readonly policy?: Partial<PolicySettings>;
}

function decide({ images = ['module'], spec = {}, policy = {} }: Setup) {
  const view = cluster([runtimeClass('wasmtime')], [KRUSTLET]);
  const subject = pod({ containers: images.map((image) => ({ image })), spec });
  return evaluate(podFacts(subject, IMAGES, view), settings(policy));
}

function values(setup: Setup): readonly unknown[] {
  return decide(setup).changes.map(({ value }) => value);
}

const selecting = { spec: { nodeSelector: ARCH } };

describe('a Pod that selects a krustlet', () => {
  test('a module pushed by wasm-to-oci is a workload: it gets both tolerations and no class', () => {
    const decision = decide(selecting);
    expect(decision).toMatchObject({ findings: [], runtimeClass: { class: null, origin: 'none' } });
    expect(values(selecting)).toEqual(TOLERATIONS);
  });

  test('existing tolerations are not added again, and configured ones are added', () => {
    const edge = { key: 'edge', operator: 'Exists' } as const;
    const spec = { nodeSelector: ARCH, tolerations: [TOLERATIONS[0] ?? {}] };
    expect(values({ spec, policy: { tolerations: [edge] } })).toEqual([TOLERATIONS[1], edge]);
  });

  test('the class that it names is ignored', () => {
    expect(decide({ spec: { nodeSelector: ARCH, runtimeClassName: 'wasmtime' } })).toMatchObject({
      findings: [],
    });
  });

  test('a policy module is still not a workload', () => {
    expect(decide({ ...selecting, images: ['policy'] })).toMatchObject({
      findings: [{ id: 'image-not-a-workload', action: 'warn' }],
      changes: [],
    });
  });
});

describe('a Pod that selects nothing', () => {
  const krustlet = { policy: { krustlet: true } };

  test('without krustlets, the module is not a workload', () => {
    expect(decide({})).toMatchObject({ findings: [{ id: 'image-not-a-workload' }], changes: [] });
  });

  test.each<[string, Toleration]>([
    ["today's taint", { key: 'kubernetes.io/arch', operator: 'Equal', value: 'wasm32-wasi' }],
    [
      "… and the operator's default",
      { key: 'kubernetes.io/arch', value: 'wasm32-wasi', effect: 'NoExecute' },
    ],
    [
      'the older taint',
      { key: 'krustlet/arch', operator: 'Equal', value: 'wasm32-wasi', effect: 'NoExecute' },
    ],
    ['… with any value', { key: 'krustlet/arch', operator: 'Exists' }],
  ])('it tolerates %s: the finding names the missing nodeSelector', (_case, toleration) => {
    expect(decide({ spec: { tolerations: [toleration] } })).toMatchObject({
      findings: [
        {
          id: 'image-not-a-workload',
          action: 'warn',
          detail: expect.stringContaining('which runs on krustlets only') as string,
          advice: expect.stringContaining('nodeSelector: {kubernetes.io/arch: wasm32-wasi}') as string,
        },
      ],
      changes: [],
    });
  });

  test.each<[string, Setup]>([
    ['every taint', { spec: { tolerations: [{ operator: 'Exists' }] } }],
    [
      'taints of any architecture',
      { spec: { tolerations: [{ key: 'kubernetes.io/arch', operator: 'Exists' }] } },
    ],
    [
      "a krustlet's taint and selects another node",
      { spec: { tolerations: TOLERATIONS, nodeSelector: { 'kubernetes.io/arch': 'amd64' } } },
    ],
    [
      "a krustlet's taint, and the image is a policy",
      { spec: { tolerations: TOLERATIONS }, images: ['policy'] },
    ],
  ])('it tolerates %s: no finding mentions krustlets', (_case, setup) => {
    const said = decide(setup).findings.map(({ detail, advice }) => `${detail} ${advice}`);
    expect(said.join(' ')).not.toContain('krustlet');
    expect(said).toHaveLength(1);
  });

  test('with krustlets, it gets the nodeSelector of one', () => {
    expect(decide(krustlet).changes[0]).toMatchObject({
      path: '/spec/nodeSelector/kubernetes.io~1arch',
      value: 'wasm32-wasi',
    });
    expect(values(krustlet)).toEqual(['wasm32-wasi', ...TOLERATIONS]);
  });

  test.each<[string, Setup]>([
    ['one that names a class', { ...krustlet, spec: { runtimeClassName: 'wasmtime' } }],
    [
      'one that selects another architecture',
      { ...krustlet, spec: { nodeSelector: { 'kubernetes.io/arch': 'amd64' } } },
    ],
    ['one with a Linux sidecar', { ...krustlet, images: ['module', 'server'] }],
  ])('no nodeSelector for %s', (_case, setup) => {
    expect(decide(setup).changes.map(({ path }) => path)).not.toContain(
      '/spec/nodeSelector/kubernetes.io~1arch',
    );
  });

  test('other Wasm images still get a class', () => {
    expect(decide({ ...krustlet, images: ['app'] })).toMatchObject({
      runtimeClass: { origin: 'chosen', class: { name: 'wasmtime' } },
    });
  });

  test('a krustlet does not count as a node that may have a handler', () => {
    const known = node('known', { handlers: ['runc'] });
    const view = cluster([runtimeClass('wasmtime')], [KRUSTLET, known]);
    const subject = pod({ containers: [{ image: 'app' }], spec: { runtimeClassName: 'wasmtime' } });
    const { findings } = evaluate(podFacts(subject, IMAGES, view), settings());
    expect(findings.map(({ id }) => id)).toContain('handler-on-no-node');
  });
});
