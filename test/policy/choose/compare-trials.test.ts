import { expect, test } from 'vitest';
import { evaluate } from '../../../src/policy/evaluate.ts';
import { linux, type ImageSketch } from '../../support/image/image-facts.ts';
import { cluster, pod, podFacts, runtimeClass, settings } from '../../support/pod/pods.ts';

const MODULE: ImageSketch = { ...linux('/app.wasm'), contents: { '/app.wasm': 'module' } };
const CLASSES = ['crun-wasm', 'wasmtime'].map((name) => runtimeClass(name));
const policy = settings({ preferShims: false });

function chosen(restartPolicy: string): string | undefined {
  const facts = podFacts(pod({ spec: { restartPolicy } }), { app: MODULE }, cluster(CLASSES));
  return evaluate(facts, policy).runtimeClass.class?.name;
}

test('prefers the class that keeps the exit code if two classes start the Pod', () => {
  expect(chosen('Always')).toBe('crun-wasm');
  expect(chosen('OnFailure')).toBe('wasmtime');
});
