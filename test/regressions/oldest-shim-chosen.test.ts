import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/policy/evaluate.ts';
import { SPIN_APP } from '../support/image/image-facts.ts';
import { cluster, pod, podFacts, runtimeClass, settings } from '../support/pod/pods.ts';

/** As on AKS: the name of the class differs from that of the handler. */
const AKS = cluster([
  runtimeClass('wasmtime-spin-v0-3-0', { handler: 'spin-v0-3-0' }),
  runtimeClass('wasmtime-spin-v0-5-1', { handler: 'spin-v0-5-1' }),
  runtimeClass('wasmtime-spin-v0-8-0', { handler: 'spin-v0-8-0' }),
  runtimeClass('wasmtime-spin-v1', { handler: 'spin-v1' }),
  runtimeClass('wasmtime-spin-v2', { handler: 'spin-v0-15-1' }),
]);

function decide(spec: { readonly runtimeClassName?: string }) {
  const subject = pod({ containers: [{ image: 'spin' }], spec });
  return evaluate(podFacts(subject, { spin: SPIN_APP }, AKS), settings());
}

describe('among several Spin shims', () => {
  test('the one that runs artifacts of Spin 2 is chosen, not the first by name', () => {
    expect(decide({}).runtimeClass.class?.name).toBe('wasmtime-spin-v2');
  });

  test('an old one that the Pod names gets a warning that names the newer class', () => {
    const { findings } = decide({ runtimeClassName: 'wasmtime-spin-v0-5-1' });
    const finding = findings.find(({ id }) => id === 'handler-may-not-run-image');
    expect(finding?.advice).toContain('Set runtimeClassName to "wasmtime-spin-v2"');
  });
});
