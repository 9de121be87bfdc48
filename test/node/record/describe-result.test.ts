import { describe, expect, test } from 'vitest';
import { describeResult, hasSettled, type PodStatus, whyUnfinished } from './describe-result.ts';

type State = NonNullable<NonNullable<PodStatus['containerStatuses']>[number]['state']>;

function status(phase: string, state: State): PodStatus {
  return { phase, containerStatuses: [{ state }] };
}

function ended(reason: string, exitCode: number, message?: string): PodStatus {
  const phase = exitCode === 0 ? 'Succeeded' : 'Failed';
  return status(phase, { terminated: { reason, exitCode, ...(message === undefined ? {} : { message }) } });
}

const DIGEST = 'ab'.repeat(32);
const NO_MATCH = `rpc error: code = NotFound desc = no match for platform in manifest sha256:${DIGEST}: not found`;
const PULL_FAILED = `Back-off pulling image "127.0.0.1:32500/corpus/a:latest": ErrImagePull: ${NO_MATCH}`;

describe('a result', () => {
  test.each([
    ['ran', ended('Completed', 0), 'hello from wasm\n'],
    ['linux', ended('Completed', 0), 'hello: a linux program\n'],
    ['failed', ended('Completed', 0), ''],
    ['failed', ended('Error', 137), ''],
    ['failed', ended('Error', 1), 'failed to compile module\n'],
    ['rejected', ended('StartError', 128, "wasmtime executor can't handle spec"), ''],
    [
      'rejected',
      status('Pending', { waiting: { reason: 'CreateContainerError', message: 'no command specified' } }),
      '',
    ],
    ['not-pulled', status('Pending', { waiting: { reason: 'ErrImagePull', message: NO_MATCH } }), ''],
    ['not-pulled', status('Pending', { waiting: { reason: 'ImagePullBackOff', message: PULL_FAILED } }), ''],
    ['rejected', { phase: 'Pending' }, ''],
    ['ran', status('Running', { running: {} }), 'serving\n'],
  ])('%s', (outcome, pod, log) => {
    expect(describeResult(pod, log, '').outcome).toBe(outcome);
  });

  test('is the same whichever attempt to pull the kubelet reports', () => {
    const first = status('Pending', { waiting: { reason: 'ErrImagePull', message: NO_MATCH } });
    const later = status('Pending', { waiting: { reason: 'ImagePullBackOff', message: PULL_FAILED } });
    expect(describeResult(later, '', '')).toEqual(describeResult(first, '', ''));
    expect(describeResult(first, '', '')).toMatchObject({ pulled: false, reason: 'ErrImagePull' });
  });

  test('keeps no ids, digests, addresses and times', () => {
    const message = `failed to generate container "${DIGEST}" spec for 127.0.0.1:32500/a@sha256:${DIGEST}`;
    const log =
      '[2026-11-28 22:37:46.258] [error] loading failed: invalid path, Code: 0x100\n\nsecond\nfirst';
    expect(describeResult(ended('StartError', 128, message), log, '')).toMatchObject({
      message: 'failed to generate container "ID" spec for REGISTRY/a@sha256:DIGEST',
      log: ['[error] loading failed: invalid path, Code: 0x100', 'first', 'second'],
    });
  });

  test('has the last event of a Pod without a container', () => {
    expect(describeResult({ phase: 'Pending' }, '', 'Failed to create pod sandbox').message).toBe(
      'Failed to create pod sandbox',
    );
  });
});

describe('a container has settled', () => {
  test.each([
    [true, ended('Completed', 0)],
    [true, status('Pending', { waiting: { reason: 'ErrImagePull', message: 'not found' } })],
    [false, status('Running', { terminated: { reason: 'Completed', exitCode: 0 } })],
    [false, status('Pending', { waiting: { reason: 'ContainerCreating' } })],
    // The kubelet reports the reason of a failed start before its message.
    [false, status('Pending', { waiting: { reason: 'CreateContainerError' } })],
    [false, status('Running', { running: {} })],
    [false, {}],
  ])('%s', (expected, pod) => {
    expect(hasSettled(pod)).toBe(expected);
  });
});

describe('a Pod without a result', () => {
  const creating = status('Pending', { waiting: { reason: 'ContainerCreating' } });

  test.each([
    ['waits', creating, '', '', 'its container waits: ContainerCreating.'],
    ['is not scheduled', { phase: 'Pending' }, '', '0/1 nodes', 'its container waits: no state. 0/1 nodes'],
    ['is silent', status('Running', { running: {} }), '', '', 'its container runs and has printed nothing'],
    [
      'has a phase that is late',
      status('Running', { terminated: { reason: 'Completed', exitCode: 0 } }),
      'hello\n',
      '',
      'its phase is "Running" although its container has ended',
    ],
  ])('%s', (_what, pod, log, event, expected) => {
    expect(whyUnfinished(pod, log, event)).toBe(expected);
  });

  test.each([
    ['has ended', ended('Completed', 0), '', ''],
    ['runs and prints', status('Running', { running: {} }), 'serving\n', ''],
    ['gets no sandbox', creating, '', 'Failed to create pod sandbox: no runtime for "spin" is configured'],
  ])('is not one that %s', (_what, pod, log, event) => {
    expect(whyUnfinished(pod, log, event)).toBeNull();
  });
});
