import { describe, expect, test } from 'vitest';
import { createConfigurationReader } from '../../src/config/configuration-reader.ts';
import { choosePresets } from '../../src/config/presets.ts';
import { IMAGE_SCENARIOS, imageSettings } from '../../src/images/settings.ts';
import type { Decision } from '../../src/policy/decision.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import {
  POLICY_SCENARIOS,
  policySettings,
  SCENARIOS,
  type PolicySettings,
} from '../../src/policy/settings.ts';
import { linux } from '../support/image/image-facts.ts';
import {
  cluster,
  limitRange,
  node,
  pod,
  podFacts,
  runtimeClass,
  type PodSketch,
} from '../support/pod/pods.ts';

const reader = createConfigurationReader(
  { policy: policySettings, images: imageSettings },
  choosePresets({
    by: ['policy', 'scenario'],
    tables: { policy: POLICY_SCENARIOS, images: IMAGE_SCENARIOS },
  }),
);

function configuration(keys: object) {
  const head = { apiVersion: 'wasmgate.dev/v1alpha1', kind: 'Configuration' };
  return reader.parse(JSON.stringify({ ...head, ...keys }), 'test');
}

function policyOf(policy: object): PolicySettings {
  return configuration({ policy }).policy;
}

const IMAGES = {
  app: { ...linux('/app.wasm'), contents: { '/app.wasm': 'module' as const } },
  server: linux('/server'),
  away: 'unreachable',
} as const;
const VIEW = cluster([
  runtimeClass('crun-wasm'),
  runtimeClass('kata-clh'),
  runtimeClass('linux', { handler: 'runc' }),
  runtimeClass('wasmtime'),
]);

function decide(sketch: PodSketch, policy: object, facts: Parameters<typeof podFacts>[3] = {}): Decision {
  return evaluate(podFacts(pod(sketch), IMAGES, VIEW, facts), policyOf(policy));
}

function told({ findings }: Decision): readonly string[] {
  return findings.map(({ action, id }) => `${action} ${id}`);
}

const server: PodSketch = { containers: [{ image: 'server' }] };

function onClass(sketch: PodSketch, runtimeClassName: string): PodSketch {
  return { ...sketch, spec: { runtimeClassName } };
}

describe('what a scenario says holds where the file says nothing', () => {
  test.each(SCENARIOS)('%s is a file without problems', (scenario) => {
    expect(policyOf({ scenario }).scenario).toBe(scenario);
  });

  test('mixed is what holds without one', () => {
    expect(configuration({ policy: { scenario: 'mixed' } })).toEqual(reader.defaults());
  });

  test('each differs from it in what it is about, and in nothing else', () => {
    const { policy } = reader.defaults();
    expect(policyOf({ scenario: 'wasm-first' })).toEqual({
      ...policy,
      scenario: 'wasm-first',
      onUnknownImage: 'deny',
      findings: { 'runtime-class-required': 'deny' },
    });
    expect(policyOf({ scenario: 'edge' })).toEqual({
      ...policy,
      scenario: 'edge',
      preferShims: true,
      resources: { tier: 'edge', cpuLimit: true, linuxRequests: { memory: '100Mi', cpu: '200m' } },
    });
    expect(configuration({ policy: { scenario: 'edge' } }).images).toMatchObject({
      tagSeconds: 86_400,
      staleSeconds: 600,
    });
  });

  test('explicit keys win, one by one', () => {
    const { policy, images } = configuration({
      policy: {
        scenario: 'edge',
        preferShims: false,
        resources: { tier: 'light', linuxRequests: { memory: '50Mi' } },
      },
      images: { staleSeconds: 5 },
    });
    expect(policy.preferShims).toBe(false);
    expect(policy.resources).toEqual({
      tier: 'light',
      cpuLimit: true,
      linuxRequests: { memory: '50Mi', cpu: '200m' },
    });
    expect(images).toMatchObject({ tagSeconds: 86_400, staleSeconds: 5 });
    const findings = { 'handler-on-no-node': 'ignore', 'runtime-class-required': 'warn' };
    expect(policyOf({ scenario: 'wasm-first', findings }).findings).toEqual(findings);
  });

  test('a section with nothing below it is nothing said', () => {
    expect(policyOf({ scenario: 'edge', resources: null }).resources.tier).toBe('edge');
  });

  test('a scenario that there is not is a problem of its own, and only one', () => {
    expect(() => policyOf({ scenario: 'wasmfirst' })).toThrow(
      /1 problem\n.*policy.scenario: found "wasmfirst", takes mixed \| wasm-first \| edge\. Did you mean "wasm-first"\?$/,
    );
  });
});

describe('wasm-first', () => {
  const scenario = 'wasm-first';

  test.each<[string, PodSketch, readonly string[]]>([
    ['a Linux Pod that names no class', server, ['deny runtime-class-required']],
    ['one that names a class for Linux', onClass(server, 'linux'), []],
    ['one whose class has a handler of a family', onClass(server, 'kata-clh'), []],
    ['one that names a class for Wasm', onClass(server, 'wasmtime'), ['deny runtime-class-required']],
    ['one that names a class that is not there', onClass(server, 'nope'), ['deny runtime-class-missing']],
    ['a Wasm Pod', onClass({ containers: [{ image: 'app' }] }, 'wasmtime'), []],
    [
      'a Linux sidecar beside Wasm',
      onClass({ containers: [{ image: 'app' }, { image: 'server' }] }, 'wasmtime'),
      [],
    ],
    ['an unknown image, whatever hints at Wasm', { containers: [{ image: 'away' }] }, ['deny image-unknown']],
  ])('%s', (_case, sketch, expected) => {
    expect(told(decide(sketch, { scenario }))).toEqual(expected);
  });

  test('the classes that would do are named', () => {
    const [finding] = decide(server, { scenario }).findings;
    expect(finding?.detail).toBe(
      'container "c0" (image server) is not Wasm, and the Pod has no RuntimeClass',
    );
    expect(finding?.advice).toContain('"linux" or "kata-clh"');
  });

  test('where there are none, what to create', () => {
    const facts = podFacts(pod(server), IMAGES, cluster([runtimeClass('wasmtime')]));
    const [finding] = evaluate(facts, policyOf({ scenario, linuxHandlers: ['youki'] })).findings;
    expect(finding?.advice).toContain('policy.linuxHandlers: youki');
  });

  test('which handlers are for Linux is the operator’s to say', () => {
    const policy = { scenario, linuxHandlers: ['wasmt*'] };
    expect(told(decide(onClass(server, 'wasmtime'), policy))).toEqual([]);
    expect(told(decide(onClass(server, 'linux'), policy))).toEqual(['deny runtime-class-required']);
  });

  test('in no other scenario is anything said of such a Pod', () => {
    for (const other of ['mixed', 'edge']) {
      expect(decide(server, { scenario: other })).toMatchObject({ findings: [], changes: [] });
      expect(told(decide(onClass(server, 'wasmtime'), { scenario: other }))).toEqual([]);
    }
  });
});

describe('edge', () => {
  const scenario = 'edge';
  const app: PodSketch = { containers: [{ image: 'app' }] };

  test('a shim before crun; elsewhere the name decides', () => {
    expect(decide(app, { scenario }).runtimeClass.class?.name).toBe('wasmtime');
    expect(decide(app, {}).runtimeClass.class?.name).toBe('crun-wasm');
  });

  test('but no shim that no node has', () => {
    const view = cluster(
      [runtimeClass('crun-wasm'), runtimeClass('wasmtime')],
      [node('n', { handlers: ['crun-wasm'] })],
    );
    const decision = evaluate(podFacts(pod(app), IMAGES, view), policyOf({ scenario }));
    expect(decision.runtimeClass.class?.name).toBe('crun-wasm');
  });

  test('the smallest tier, and what starts', () => {
    const values = decide(app, { scenario }).changes.filter(({ path }) => path.includes('/resources/'));
    expect(values.map(({ value }) => value)).toEqual(['50m', '50m', '10Mi', '24Mi']);
  });
});

describe('requests of Linux containers', () => {
  const asking = { namespaceLabels: { 'wasmgate.dev/linux-requests': 'true' } };

  function requests(sketch: PodSketch, facts: Parameters<typeof podFacts>[3]): readonly string[] {
    const { changes, findings } = decide(sketch, { scenario: 'edge' }, facts);
    expect(findings).toEqual([]);
    return changes
      .filter(({ path }) => path.includes('/resources/'))
      .map(({ path, value }) => `${path.replace('/spec/', '')}=${String(value)}`);
  }

  const both = ['containers/0/resources/requests/cpu=200m', 'containers/0/resources/requests/memory=100Mi'];

  test.each<[string, PodSketch, Parameters<typeof podFacts>[3], readonly string[]]>([
    ['where the namespace asks for it', server, asking, both],
    ['not where it does not', server, {}, []],
    ['not where it says no', server, { namespaceLabels: { 'wasmgate.dev/linux-requests': 'false' } }, []],
    ['under a class of its own, too', onClass(server, 'linux'), asking, both],
    [
      'not where the container says anything',
      { containers: [{ image: 'server', resources: { limits: { memory: '1Gi' } } }] },
      asking,
      [],
    ],
    [
      'not where a LimitRange gives some',
      server,
      { ...asking, limitRanges: [limitRange('l', { defaultRequest: { cpu: '1', memory: '1Gi' } })] },
      [],
    ],
    [
      'within what a LimitRange allows a Pod',
      server,
      { ...asking, limitRanges: [limitRange('l', { type: 'Pod', min: { memory: '64Mi' } })] },
      both,
    ],
    [
      'beside Wasm',
      {
        containers: [
          { image: 'server' },
          { image: 'app', resources: { limits: { cpu: '1', memory: '1Gi' } } },
        ],
      },
      asking,
      both,
    ],
  ])('%s', (_case, sketch, facts, expected) => {
    expect(requests(sketch, facts)).toEqual(expected);
  });

  test('asked again with its own result: no change', () => {
    const resources = { requests: { cpu: '200m', memory: '100Mi' } };
    expect(requests({ containers: [{ image: 'server', resources }] }, asking)).toEqual([]);
  });
});
