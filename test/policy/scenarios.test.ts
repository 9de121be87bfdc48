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

function summarize({ findings }: Decision): readonly string[] {
  return findings.map(({ action, id }) => `${action} ${id}`);
}

const server: PodSketch = { containers: [{ image: 'server' }] };

function onClass(sketch: PodSketch, runtimeClassName: string): PodSketch {
  return { ...sketch, spec: { runtimeClassName } };
}

describe('scenario defaults', () => {
  test.each(SCENARIOS)('scenario %s is valid', (scenario) => {
    expect(policyOf({ scenario }).scenario).toBe(scenario);
  });

  test('mixed is the default scenario', () => {
    expect(configuration({ policy: { scenario: 'mixed' } })).toEqual(reader.defaults());
  });

  test('every scenario differs from mixed in its own settings only', () => {
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

  test('explicit keys override those of the scenario one by one', () => {
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

  test('an empty section overrides nothing', () => {
    expect(policyOf({ scenario: 'edge', resources: null }).resources.tier).toBe('edge');
  });

  test('an unknown scenario is reported as a single problem', () => {
    expect(() => policyOf({ scenario: 'wasmfirst' })).toThrow(
      /1 problem\n.*policy.scenario: found "wasmfirst", takes mixed \| wasm-first \| edge\. Did you mean "wasm-first"\?$/,
    );
  });
});

describe('wasm-first', () => {
  const scenario = 'wasm-first';

  test.each<[string, PodSketch, readonly string[]]>([
    ['a Linux Pod that names no class', server, ['deny runtime-class-required']],
    ['a Linux Pod that names a class for Linux', onClass(server, 'linux'), []],
    ['a Linux Pod whose class matches a handler pattern', onClass(server, 'kata-clh'), []],
    ['a Linux Pod that names a class for Wasm', onClass(server, 'wasmtime'), ['deny runtime-class-required']],
    ['a Linux Pod that names a missing class', onClass(server, 'nope'), ['deny runtime-class-missing']],
    ['a Wasm Pod', onClass({ containers: [{ image: 'app' }] }, 'wasmtime'), []],
    [
      'a Linux sidecar beside Wasm',
      onClass({ containers: [{ image: 'app' }, { image: 'server' }] }, 'wasmtime'),
      [],
    ],
    ['an unknown image without signs of Wasm', { containers: [{ image: 'away' }] }, ['deny image-unknown']],
  ])('%s', (_case, sketch, expected) => {
    expect(summarize(decide(sketch, { scenario }))).toEqual(expected);
  });

  test('the fix names the classes for Linux', () => {
    const [finding] = decide(server, { scenario }).findings;
    expect(finding?.detail).toBe(
      'container "c0" (image server) is not Wasm, and the Pod has no RuntimeClass',
    );
    expect(finding?.advice).toContain('"linux" or "kata-clh"');
  });

  test('without such classes, the fix names the handlers to create one for', () => {
    const facts = podFacts(pod(server), IMAGES, cluster([runtimeClass('wasmtime')]));
    const [finding] = evaluate(facts, policyOf({ scenario, linuxHandlers: ['youki'] })).findings;
    expect(finding?.advice).toContain('policy.linuxHandlers: youki');
  });

  test('policy.linuxHandlers sets the handlers for Linux', () => {
    const policy = { scenario, linuxHandlers: ['wasmt*'] };
    expect(summarize(decide(onClass(server, 'wasmtime'), policy))).toEqual([]);
    expect(summarize(decide(onClass(server, 'linux'), policy))).toEqual(['deny runtime-class-required']);
  });

  test('other scenarios have no finding about such a Pod', () => {
    for (const other of ['mixed', 'edge']) {
      expect(decide(server, { scenario: other })).toMatchObject({ findings: [], changes: [] });
      expect(summarize(decide(onClass(server, 'wasmtime'), { scenario: other }))).toEqual([]);
    }
  });
});

describe('edge', () => {
  const scenario = 'edge';
  const app: PodSketch = { containers: [{ image: 'app' }] };

  test('a shim is preferred over crun; in other scenarios the name decides', () => {
    expect(decide(app, { scenario }).runtimeClass.class?.name).toBe('wasmtime');
    expect(decide(app, {}).runtimeClass.class?.name).toBe('crun-wasm');
  });

  test('a shim that no node has is not preferred', () => {
    const view = cluster(
      [runtimeClass('crun-wasm'), runtimeClass('wasmtime')],
      [node('n', { handlers: ['crun-wasm'] })],
    );
    const decision = evaluate(podFacts(pod(app), IMAGES, view), policyOf({ scenario }));
    expect(decision.runtimeClass.class?.name).toBe('crun-wasm');
  });

  test('a container gets the smallest tier, raised to what it needs to start', () => {
    const values = decide(app, { scenario }).changes.filter(({ path }) => path.includes('/resources/'));
    expect(values.map(({ value }) => value)).toEqual(['50m', '50m', '10Mi', '24Mi']);
  });
});

describe('requests of Linux containers', () => {
  const optedIn = { namespaceLabels: { 'wasmgate.dev/linux-requests': 'true' } };

  function requests(sketch: PodSketch, facts: Parameters<typeof podFacts>[3]): readonly string[] {
    const { changes, findings } = decide(sketch, { scenario: 'edge' }, facts);
    expect(findings).toEqual([]);
    return changes
      .filter(({ path }) => path.includes('/resources/'))
      .map(({ path, value }) => `${path.replace('/spec/', '')}=${String(value)}`);
  }

  const both = ['containers/0/resources/requests/cpu=200m', 'containers/0/resources/requests/memory=100Mi'];

  test.each<[string, PodSketch, Parameters<typeof podFacts>[3], readonly string[]]>([
    ['added if the namespace opts in', server, optedIn, both],
    ['not added if the namespace does not opt in', server, {}, []],
    [
      'not added if the namespace opts out',
      server,
      { namespaceLabels: { 'wasmgate.dev/linux-requests': 'false' } },
      [],
    ],
    ['added under a class for Linux', onClass(server, 'linux'), optedIn, both],
    [
      'not added if the container sets resources',
      { containers: [{ image: 'server', resources: { limits: { memory: '1Gi' } } }] },
      optedIn,
      [],
    ],
    [
      'not added if a LimitRange sets defaults',
      server,
      { ...optedIn, limitRanges: [limitRange('l', { defaultRequest: { cpu: '1', memory: '1Gi' } })] },
      [],
    ],
    [
      'added within the minimum of a LimitRange',
      server,
      { ...optedIn, limitRanges: [limitRange('l', { type: 'Pod', min: { memory: '64Mi' } })] },
      both,
    ],
    [
      'added beside a Wasm container',
      {
        containers: [
          { image: 'server' },
          { image: 'app', resources: { limits: { cpu: '1', memory: '1Gi' } } },
        ],
      },
      optedIn,
      both,
    ],
  ])('%s', (_case, sketch, facts, expected) => {
    expect(requests(sketch, facts)).toEqual(expected);
  });

  test('a second mutation changes nothing', () => {
    const resources = { requests: { cpu: '200m', memory: '100Mi' } };
    expect(requests({ containers: [{ image: 'server', resources }] }, optedIn)).toEqual([]);
  });
});
