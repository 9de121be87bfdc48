import { describe, expect, test } from 'vitest';
import type { Container } from '../../src/pod/pod.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { FINDING_IDS } from '../../src/policy/severity.ts';
import type { ClusterView } from '../../src/policy/facts.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';
import {
  type ImageSketch,
  linux,
  OCI_MODULE,
  RUNWASI_LAYER,
  SPIN_APP,
  TAR_LAYER,
} from '../support/image-facts.ts';
import {
  cluster,
  node,
  pod,
  podFacts,
  runtimeClass,
  settings,
  type Known,
  type PodSketch,
} from '../support/pods.ts';

function tar(kilobytes: number): ImageSketch {
  return { ...linux('/app.wasm'), layers: [{ mediaType: TAR_LAYER, size: kilobytes * 1000 }] };
}

function layer(config: object): ImageSketch {
  return {
    ...RUNWASI_LAYER,
    config: { os: 'wasip1', architecture: 'wasm', config: { Entrypoint: ['a.wasm'] }, ...config },
  };
}

const DIGEST = 'a'.repeat(64);

const IMAGES: Readonly<Record<string, Known>> = {
  app: linux('/app.wasm'),
  go: tar(750),
  wat: linux('/hello.wat'),
  server: linux('/server'),
  spin: SPIN_APP,
  module: OCI_MODULE,
  layer: RUNWASI_LAYER,
  anonymous: layer({}),
  labelled: layer({ config: { Labels: { 'containerd.runwasi.layers': DIGEST } } }),
  listed: layer({ rootfs: { type: 'layers', diff_ids: [`sha256:${DIGEST}`] } }),
  named: layer({ config: { Labels: { version: '1.0' } } }),
  away: 'unreachable',
};

const CLASSES = ['crun', 'crun-wasm', 'runc', 'spin', 'wasmedge', 'wasmtime', 'nvidia'];

interface Case {
  /** RuntimeClass and handler. */
  readonly on?: string | null;
  readonly pod?: Omit<PodSketch, 'spec'>;
  readonly spec?: PodSketch['spec'];
  readonly policy?: Partial<PolicySettings>;
  readonly view?: ClusterView;
}

function decide({ on = 'wasmtime', pod: sketch = {}, spec, policy = {}, view }: Case) {
  const subject = pod({ ...sketch, spec: { ...(on === null ? {} : { runtimeClassName: on }), ...spec } });
  const known = view ?? cluster(CLASSES.map((name) => runtimeClass(name)));
  return evaluate(podFacts(subject, IMAGES, known), settings(policy)).findings;
}

function one(image: string, parts: Partial<Container> = {}): Omit<PodSketch, 'spec'> {
  return { containers: [{ image, command: image === 'module' ? ['a.wasm'] : null, ...parts }] };
}

const exec = { exec: { command: ['true'] } };
const http: object = { httpGet: { port: 80 } };
const mesh = (parts: Partial<Container>) => ({
  containers: [{ image: 'app' }, { image: 'server', ...parts }],
});
const limited = (cpu: string) => ({ resources: { limits: { cpu } } });
const taint = { key: 'workload', value: 'wasm', effect: 'NoSchedule' };
const nodes = (...taints: readonly (readonly (typeof taint)[])[]) =>
  cluster(
    [
      runtimeClass('wasmtime'),
      runtimeClass('tolerant', {
        handler: 'wasmtime',
        tolerations: [{ key: 'workload', operator: 'Exists' }],
      }),
    ],
    taints.map((list, index) =>
      node(`n${index}`, { handlers: ['wasmtime'], taints: list, labels: { index: `${index}` } }),
    ),
  );
const tolerating = (parts: object) => ({ tolerations: [{ key: 'workload', ...parts }] });

/** For each finding: Pods that it speaks of, and Pods like them in which all is well. */
const TABLE: Readonly<
  Record<
    string,
    { readonly fires: Readonly<Record<string, Case>>; readonly rests: Readonly<Record<string, Case>> }
  >
> = {
  'exec-probe-unsupported': {
    fires: {
      'liveness on a shim': { pod: one('app', { livenessProbe: exec }) },
      'readiness on a shim': { pod: one('app', { readinessProbe: exec }) },
      'startup on a shim': { pod: one('app', { startupProbe: exec }) },
      'a postStart hook': { pod: one('app', { lifecycle: { postStart: exec } }) },
      'a preStop hook': { pod: one('app', { lifecycle: { preStop: exec } }) },
      'a Linux sidecar on a shim': { pod: mesh({ readinessProbe: exec }) },
      'an init container on a shim': {
        pod: { ...one('app'), init: [{ image: 'server', restartPolicy: 'Always', startupProbe: exec }] },
      },
      'an unknown sidecar on a shim': {
        pod: { containers: [{ image: 'app' }, { image: 'away', livenessProbe: exec }] },
      },
      'a Wasm container on crun': { on: 'crun', pod: one('app', { livenessProbe: exec }) },
      'a class that is chosen': { on: null, pod: mesh({ readinessProbe: exec }) },
    },
    rests: {
      httpGet: { pod: one('app', { livenessProbe: http, readinessProbe: http, startupProbe: http }) },
      'null for a probe': { pod: one('app', { livenessProbe: null, lifecycle: null }) },
      'a Linux sidecar on crun': { on: 'crun', pod: mesh({ readinessProbe: exec }) },
      'Linux on runc': { on: 'runc', pod: one('server', { livenessProbe: exec }) },
      'a handler that nobody knows': { on: 'nvidia', pod: one('server', { livenessProbe: exec }) },
    },
  },
  'read-only-root-unsupported': {
    fires: { Spin: { on: 'spin', pod: one('spin', { securityContext: { readOnlyRootFilesystem: true } }) } },
    rests: {
      'Spin without': {
        on: 'spin',
        pod: one('spin', { securityContext: { readOnlyRootFilesystem: false } }),
      },
      wasmtime: { pod: one('app', { securityContext: { readOnlyRootFilesystem: true } }) },
      'a Linux sidecar of Spin': {
        on: 'spin',
        pod: {
          containers: [
            { image: 'spin' },
            { image: 'server', securityContext: { readOnlyRootFilesystem: true } },
          ],
        },
      },
    },
  },
  'tty-unsupported': {
    fires: {
      'a shim': { pod: one('app', { tty: true }) },
      'a Linux sidecar on a shim': { pod: mesh({ tty: true }) },
    },
    rests: {
      crun: { on: 'crun', pod: one('app', { tty: true }) },
      'no tty': { pod: one('app', { tty: false }) },
      'no class': { on: null, pod: one('server', { tty: true }) },
    },
  },
  'user-namespace-unsupported': {
    fires: {
      'a shim': { spec: { hostUsers: false } },
      'a chosen shim': {
        on: null,
        policy: { preferRuntimeClasses: ['wasmtime'] },
        spec: { hostUsers: false },
      },
    },
    rests: {
      crun: { on: 'crun', spec: { hostUsers: false } },
      'the host’s users': { spec: { hostUsers: true } },
      'nothing said': { spec: { hostUsers: null } },
    },
  },
  'exit-code-lost': {
    fires: {
      'a Job on crun': { on: 'crun', spec: { restartPolicy: 'OnFailure' } },
      'a Pod that never restarts on crun-wasm': { on: 'crun-wasm', spec: { restartPolicy: 'Never' } },
      'an init container, whatever the policy': {
        on: 'crun',
        pod: { ...one('server'), init: [{ image: 'app' }] },
        spec: { restartPolicy: 'Always' },
      },
    },
    rests: {
      'a server on crun': { on: 'crun', spec: { restartPolicy: 'Always' } },
      'the default, which is a server': { on: 'crun' },
      'a Job on a shim': { spec: { restartPolicy: 'OnFailure' } },
      'a Linux Job on crun': { on: 'crun', pod: one('server'), spec: { restartPolicy: 'OnFailure' } },
      'a Wasm sidecar on crun': {
        on: 'crun',
        pod: { ...one('server'), init: [{ image: 'app', restartPolicy: 'Always' }] },
        spec: { restartPolicy: 'Never' },
      },
    },
  },
  'image-identity-shared': {
    fires: {
      'a config of nothing': { pod: one('anonymous') },
      'a label that is no digest': { pod: one('named') },
    },
    rests: {
      diff_ids: { pod: one('listed') },
      'a label with a digest': { pod: one('labelled') },
      layerDigests: { pod: one('module') },
      Spin: { on: 'spin', pod: one('spin') },
      'a tar image': { pod: one('app') },
      'an unknown image': { pod: one('away') },
    },
  },
  'wat-not-runnable': {
    fires: {
      'on wasmtime': { pod: one('wat') },
      'without a class': { on: null, pod: one('wat') },
      'by the command': { on: 'wasmedge', pod: one('app', { command: ['/a.wat'] }) },
    },
    rests: {
      'a binary': { pod: one('app') },
      'a Linux program': { pod: one('server', { args: ['/a.wat'] }) },
    },
  },
  'slow-start-under-cpu-limit': {
    fires: {
      'a Go program at 100m': { pod: one('go', limited('100m')) },
      'at a tenth of a core': { pod: one('go', limited('0.1')) },
    },
    rests: {
      'at what it needs': { pod: one('go', limited('300m')) },
      'no limit': { pod: one('go') },
      'no quantity': { pod: one('go', limited('much')) },
      nothing: { pod: one('go', limited('0')) },
      'a small module': { pod: one('app', limited('50m')) },
      'an OCI layer': { pod: one('layer', limited('50m')) },
      'an interpreter': { on: 'wasmedge', pod: one('go', limited('50m')) },
    },
  },
  'packaging-advice': {
    fires: { 'a Go program on wasmtime': { pod: one('go') } },
    rests: {
      'a small module': { pod: one('app') },
      'an interpreter': { on: 'wasmedge', pod: one('go') },
      'an OCI layer': { pod: one('layer') },
      'a Linux image': { pod: one('server') },
    },
  },
  'annotation-delivery-unknown': {
    fires: {
      crun: { on: 'crun' },
      'crun with the annotation': {
        on: 'crun',
        pod: { annotations: { 'module.wasm.image/variant': 'compat-smart' } },
      },
    },
    rests: {
      'a class that is vouched for': { on: 'crun', policy: { preferRuntimeClasses: ['crun'] } },
      'crun-wasm': { on: 'crun-wasm' },
      wasmtime: {},
      'Linux on crun': { on: 'crun', pod: one('server') },
    },
  },
  'node-taint-not-tolerated': {
    fires: {
      'the only node': { view: nodes([taint]) },
      'every node': { view: nodes([taint], [{ ...taint, key: 'other', effect: 'NoExecute' }]) },
      'another value': { view: nodes([taint]), spec: tolerating({ value: 'linux' }) },
      'another effect': {
        view: nodes([taint]),
        spec: tolerating({ operator: 'Exists', effect: 'NoExecute' }),
      },
      'one of two taints': {
        view: nodes([taint, { ...taint, key: 'gpu' }]),
        spec: tolerating({ value: 'wasm' }),
      },
      'the only node that the Pod selects': {
        view: nodes([], [taint]),
        spec: { nodeSelector: { index: '1' } },
      },
      'a class that is chosen': {
        on: null,
        view: cluster([runtimeClass('wasmtime')], [node('n', { handlers: ['wasmtime'], taints: [taint] })]),
      },
    },
    rests: {
      'no taint': { view: nodes([]) },
      'one node without': { view: nodes([taint], []) },
      'tolerated by value': { view: nodes([taint]), spec: tolerating({ value: 'wasm' }) },
      'tolerated by key': { view: nodes([taint]), spec: tolerating({ operator: 'Exists' }) },
      'everything tolerated': { view: nodes([taint]), spec: { tolerations: [{ operator: 'Exists' }] } },
      'tolerated by the class': { on: 'tolerant', view: nodes([taint]) },
      'tolerated by the configuration': {
        view: nodes([taint]),
        policy: { tolerations: [{ key: 'workload', operator: 'Exists' }] },
      },
      'a preference': { view: nodes([{ ...taint, effect: 'PreferNoSchedule' }]) },
      'a passing state': { view: nodes([{ ...taint, key: 'node.kubernetes.io/disk-pressure' }]) },
      'a Pod that is bound': { view: nodes([taint]), spec: { nodeName: 'n0' } },
      'no nodes': { view: nodes() },
      'an operator of a newer Kubernetes': {
        view: nodes([taint]),
        spec: tolerating({ operator: 'Gt', value: '1' }),
      },
    },
  },
};

const cases = (kind: 'fires' | 'rests') =>
  Object.entries(TABLE).flatMap(([id, table]) =>
    Object.entries(table[kind]).map(([name, each]) => [id, name, each] as const),
  );

describe('it is found', () => {
  test.each(cases('fires'))('%s: %s', (id, _name, each) => {
    const found = decide(each).filter((finding) => finding.id === id);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      action: 'warn',
      severity: ['packaging-advice', 'annotation-delivery-unknown'].includes(id) ? 'info' : 'warning',
    });
    expect(found[0]?.advice).toMatch(/\.$/);
  });
});

describe('all is well', () => {
  test.each(cases('rests'))('%s: %s', (id, _name, each) => {
    expect(decide(each).map((finding) => finding.id)).not.toContain(id);
  });
});

test('the table names real findings', () => {
  expect(FINDING_IDS).toEqual(expect.arrayContaining(Object.keys(TABLE)));
});

describe('what is said', () => {
  const say = (id: string, each: Case) => {
    const found = decide(each).find((finding) => finding.id === id);
    return `${found?.container}: ${found?.detail} ${found?.advice}`;
  };

  test('every use of exec in a container is named, with the worst that follows', () => {
    const text = say('exec-probe-unsupported', {
      pod: one('app', { livenessProbe: exec, lifecycle: { postStart: exec } }),
    });
    expect(text).toContain(
      'container "c0" (image app, a Wasm file in a Linux image) uses lifecycle.postStart.exec, livenessProbe.exec',
    );
    expect(text).toContain(
      'RuntimeClass "wasmtime" cannot execute anything in it: the container is killed at its start',
    );
  });

  test('a start is reckoned in seconds, with the limit that makes it ten', () => {
    const text = say('slow-start-under-cpu-limit', { pod: one('go', limited('100m')) });
    expect(text).toContain('takes up to 30 s under its CPU limit of 100m');
    expect(text).toContain('Set its resources.limits.cpu to 300m');
  });

  test('never more than a core is advised', () => {
    const view = cluster([runtimeClass('wasmtime')]);
    const subject = pod({ ...one('big', limited('500m')), spec: { runtimeClassName: 'wasmtime' } });
    const { findings } = evaluate(podFacts(subject, { big: tar(4000) }, view), settings());
    expect(findings.find(({ id }) => id === 'slow-start-under-cpu-limit')?.advice).toContain(
      'limits.cpu to 1,',
    );
  });

  test('a taint is named with its node and the toleration to write', () => {
    const text = say('node-taint-not-tolerated', { view: nodes([taint]) });
    expect(text).toContain('node "n0" is tainted workload=wasm:NoSchedule');
    expect(text).toContain('{key: workload, value: "wasm", effect: NoSchedule}');
  });

  test('packaging: both amounts', () => {
    expect(say('packaging-advice', { pod: one('go') })).toMatch(
      /needs 112Mi for it; with an OCI Wasm layer (16|24)Mi would do/,
    );
  });
});

test('an image that is not known is no reason to refuse a Pod under crun-wasm', () => {
  expect(
    decide({ on: 'crun-wasm', pod: { containers: [{ image: 'app' }, { image: 'away' }] } }).map(
      ({ action }) => action,
    ),
  ).not.toContain('deny');
});
