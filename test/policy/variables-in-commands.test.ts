import { describe, expect, test } from 'vitest';
import { detectWasm } from '../../src/detect/detect-wasm.ts';
import type { Container } from '../../src/pod/pod.ts';
import type { Decision } from '../../src/policy/decision.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { imageFacts, linux, OCI_MODULE, SPIN_APP, wasi } from '../support/image/image-facts.ts';
import { fc } from '../support/lib/properties.ts';
import { cluster, node, pod, podFacts, runtimeClass, settings, type Known } from '../support/pod/pods.ts';

const IMAGES: Readonly<Record<string, Known>> = {
  server: linux('/server'),
  file: linux('/app.wasm'),
  plain: linux(),
  wasi: wasi('/app.wasm'),
  module: OCI_MODULE,
  spin: SPIN_APP,
  away: 'timeout',
};

const HANDLERS = ['wasmtime', 'wasmedge', 'crun', 'runc'];
const VIEW = cluster(
  HANDLERS.map((name) => runtimeClass(name)),
  [node('n1', { handlers: ['', ...HANDLERS] })],
);

function decide(part: Partial<Container>, runtimeClassName?: string, variant?: string): Decision {
  const annotations = variant === undefined ? {} : { annotations: { 'module.wasm.image/variant': variant } };
  const spec = runtimeClassName === undefined ? {} : { runtimeClassName };
  return evaluate(podFacts(pod({ ...annotations, containers: [part], spec }), IMAGES, VIEW), settings());
}

const idsOf = ({ findings }: Decision): readonly string[] => findings.map(({ id }) => id);

describe('a first argument that only the node resolves', () => {
  const open = { image: 'wasi', command: ['$(M)'], envFrom: [{ configMapRef: { name: 'c' } }] };

  test('an image for a Wasm platform gets a shim', () => {
    const decision = decide(open);
    expect(['wasmtime', 'wasmedge']).toContain(decision.runtimeClass.class?.name);
    expect(decision.findings.filter(({ action }) => action === 'deny')).toEqual([]);
  });

  test('under crun, the suffix decides and is unknown, so the image may not run', () => {
    const decision = decide(open, 'crun');
    expect(idsOf(decision)).toContain('handler-may-not-run-image');
    expect(idsOf(decision)).not.toContain('annotation-conflict');
    expect(decision.findings.filter(({ action }) => action === 'deny')).toEqual([]);
  });

  test('crun with compat ignores the suffix', () => {
    expect(idsOf(decide(open, 'crun', 'compat'))).not.toContain('handler-may-not-run-image');
  });

  test('a known suffix is enough', () => {
    const decision = decide({ image: 'wasi', command: ['$(FOLDER)/app.wasm'] }, 'crun');
    expect(idsOf(decision)).not.toContain('handler-may-not-run-image');
  });

  test('a shell in an image for a Wasm platform still cannot run', () => {
    const shell = {
      image: 'wasi',
      command: ['$(SHELL)', '-c', 'x'],
      env: [{ name: 'SHELL', value: '/bin/sh' }],
    };
    expect(decide(shell).runtimeClass.class).toBeNull();
    expect(decide(shell).findings).toEqual(decide({ ...shell, command: ['/bin/sh', '-c', 'x'] }).findings);
  });

  test('an ordinary image is unknown', () => {
    expect(detectWasm(imageFacts(linux('/app.wasm')), open).kind).toBe('unknown');
  });
});

const values = fc.constantFrom(
  '/app.wasm',
  'app.wasm',
  '/server',
  '/',
  '',
  '/hello.wat',
  '/bin/sh',
  '/a b.wasm#main',
);

test('a variable with a literal value has the same result as the value itself', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(IMAGES)),
      fc.constantFrom<'command' | 'args'>('command', 'args'),
      values,
      fc.constantFrom(undefined, ...HANDLERS),
      fc.constantFrom<(value: string) => NonNullable<Container['env']>>(
        (value) => [{ name: 'M', value }],
        (value) => [
          { name: 'M', value: '/other' },
          { name: 'M', value },
        ],
        (value) => [
          { name: 'PART', value },
          { name: 'M', value: '$(PART)' },
        ],
      ),
      (image, field, value, named, envOf) => {
        const written = decide({ image, [field]: [value, 'more'] }, named);
        const variable = decide({ image, [field]: ['$(M)', 'more'], env: envOf(value) }, named);
        expect(variable).toEqual(written);
      },
    ),
  );
});
