import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/policy/evaluate.ts';
import { linux } from '../support/image/image-facts.ts';
import { cluster, node, pod, podFacts, runtimeClass, settings } from '../support/pod/pods.ts';

const IMAGES = { app: linux('/app.wasm'), server: linux('/server') };
const VIEW = cluster(
  ['crun', 'wasmtime'].map((name) => runtimeClass(name)),
  [node('n', { handlers: ['crun', 'wasmtime'] })],
);

function decide(engine: string, ...images: readonly string[]) {
  const subject = pod({
    annotations: { 'run.oci.handler': engine },
    containers: images.map((image) => ({ image })),
    spec: { runtimeClassName: 'crun' },
  });
  return evaluate(podFacts(subject, IMAGES, VIEW), settings());
}

describe('run.oci.handler naming an engine', () => {
  test.each(['wasm', 'wasmtime', 'wasmedge', 'wasmer', 'wamr'])(
    '%s starts a Linux sidecar as Wasm, too: the Pod is denied',
    (engine) => {
      const finding = decide(engine, 'app', 'server').findings.find(({ action }) => action === 'deny');
      expect(finding).toMatchObject({ id: 'linux-container-under-compat', container: 'c1' });
      expect(finding?.detail).toContain(`run.oci.handler: ${engine}`);
      expect(finding?.advice).toContain('wasm-smart');
    },
  );

  test.each([
    ['wasmtime', 'Wasmtime'],
    ['wasmedge', 'WasmEdge'],
    ['wasmer', 'Wasmer'],
    ['wamr', 'WAMR'],
  ])('%s alone needs a crun that is built with that engine', (engine, title) => {
    const { findings, changes } = decide(engine, 'app');
    const said = findings.map(({ detail, advice }) => `${detail} ${advice}`).join(' ');
    expect(findings.every(({ action }) => action === 'warn')).toBe(true);
    expect(said).toContain(`reaches a crun built with ${title} (+WASM:${engine})`);
    expect(said).not.toContain('module.wasm.image/variant');
    expect(changes.filter(({ path }) => path.includes('variant'))).toEqual([]);
  });

  test('wasm-smart starts a Linux sidecar as Linux, and no finding mentions the variant annotation', () => {
    const { findings } = decide('wasm-smart', 'app', 'server');
    expect(findings.map(({ id }) => id)).not.toContain('linux-container-under-compat');
    expect(findings.map(({ detail }) => detail).join(' ')).not.toContain('module.wasm.image/variant');
  });
});
