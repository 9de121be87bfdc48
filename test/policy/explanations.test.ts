import { expect, test } from 'vitest';
import { explanations } from '../../src/policy/checks/index.ts';
import { FINDING_IDS, type FindingId } from '../../src/policy/finding-catalog.ts';

test('every finding has exactly one explanation, in the order of the catalog', () => {
  expect(explanations.map(({ id }) => id)).toEqual(FINDING_IDS);
});

test.each(explanations)(
  '$id is explained in complete sentences',
  ({ why, checks, exempts, example, fix }) => {
    for (const text of [why, checks, exempts, example, fix]) {
      expect(text).toMatch(/^\S.{10,}\.$/s);
      expect(text).not.toContain('  ');
    }
  },
);

/** What kubelet, containerd, runtimes and the API server print; measured, except for the scheduler's messages. */
const SYMPTOMS = {
  'runtime-class-missing': ['pod rejected: RuntimeClass "x" not found'],
  'no-runtime-class-for-image': ['permission denied', 'exec format error', 'no command specified'],
  'mixed-handlers-needed': ["wasmtime executor can't handle spec"],
  'handler-cannot-run-image': [
    'permission denied',
    'executable file not found in $PATH',
    'is a directory',
    'exec format error',
    "wasmtime executor can't handle spec",
    'exists but it is not executable',
    'unknown binary version',
    'could not get wasmedge result from VM',
    '137 and an empty log',
  ],
  'handler-may-not-run-image': ['failed to unix syscall', "can't handle spec", '137 and an empty log'],
  'wasm-image-without-runtime-class': ['permission denied'],
  'image-will-not-pull': ['ErrImagePull', 'no match for platform in manifest'],
  'image-may-not-pull': ['ErrImagePull'],
  'image-not-a-workload': ['no command specified'],
  'command-not-in-image': ["can't handle spec", 'not found in $PATH'],
  'file-not-wasm': ["can't handle spec"],
  'wat-not-runnable': ['137'],
  'component-on-module-runtime': ['unknown binary version', 'Component Model proposal', 'illegal opcode'],
  'command-required': ['CreateContainerError', 'no command specified'],
  'node-selector-conflict': ['conflict: runtimeClass.scheduling.nodeSelector'],
  'overhead-conflict': ["Pod's Overhead doesn't match RuntimeClass's defined Overhead"],
  'linux-container-under-compat': ['cannot dynamically load executable'],
  'annotation-conflict': [
    'invalid attempt to override already configured global handler',
    'exists but it is not executable: Operation not permitted',
  ],
  'annotation-delivery-unknown': ['exists but it is not executable: Operation not permitted'],
  'exec-probe-unsupported': [
    'errored and resulted in unknown state',
    'Exec is not supported',
    'the handler does not support exec',
    'FailedPostStartHook',
  ],
  'tty-unsupported': ['terminal is not supported'],
  'user-namespace-unsupported': ['does not support user namespaces'],
  'handler-on-no-node': ['no runtime for "x" is configured', 'binary not installed'],
  'handler-not-on-every-node': ['no runtime for "x" is configured'],
  'node-taint-not-tolerated': ['untolerated taint'],
  'daemonset-ignores-class-scheduling': ["didn't match Pod's node affinity/selector"],
  'image-not-for-node-architecture': ['no match for platform in manifest'],
  'image-needs-unpack-setting': ['parent snapshot', 'does not exist: not found'],
  'packaging-advice': ["can't handle spec", 'already exists'],
  'image-changed-kind': ['permission denied', 'no command specified'],
  'ephemeral-container-cannot-run': ['cannot dynamically load executable', 'permission denied'],
  'memory-below-floor': ['137', 'OOMKilled', 'waiting for init ready'],
} as const satisfies Partial<Record<FindingId, readonly string[]>>;

test.each(Object.entries(SYMPTOMS))('%s quotes the messages by which users search', (id, symptoms) => {
  const why = explanations.find((explanation) => explanation.id === id)?.why;
  for (const symptom of symptoms) expect(why).toContain(symptom);
});
