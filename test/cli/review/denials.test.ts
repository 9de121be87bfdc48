import { expect, test } from 'vitest';
import { outputsBeside, podOf, useReviewStage } from '../../support/cli/review-stage.ts';

const stage = useReviewStage();

const DENIED = podOf('bad', 'spin-v2-app', '  runtimeClassName: wasmtime');

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      runtimeClassName: wasmtime
      containers: [{name: app, image: REGISTRY/corpus/spin-v2-app}]
`;

const LINE = /: handler-cannot-run-image\. Fix: Set runtimeClassName to "wasmtime-spin-v2"\.$/;

test.each(outputsBeside('table', 'json', 'admissionreview', 'github'))(
  '-o %s explains each denial in one line on standard error',
  async (output) => {
    const file = await stage.write(
      'bad.yaml',
      [DENIED, podOf('b', 'linux-plain'), DEPLOYMENT].join('\n---\n'),
    );
    const { exitCode, stderr } = await stage.review(['-f', file, '--facts', stage.facts, '-o', output]);
    expect(exitCode).toBe(1);
    const [pod = '', workload = '', ...rest] = stderr.split('\n');
    expect(pod).toMatch(/^Denied: .*bad\.yaml, document 1, Pod default\/bad: /);
    expect(pod).toMatch(LINE);
    expect(workload).toMatch(/^Denied: .*bad\.yaml, document 3, Deployment shop\/web: its Pods: /);
    expect(workload).toMatch(LINE);
    expect(rest).toEqual(['']);
  },
);
