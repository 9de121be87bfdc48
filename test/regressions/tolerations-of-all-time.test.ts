import { expect, test } from 'vitest';
import { readPod } from '../../src/pod/pod.ts';

/** It was broken to `readPod`, and wasmgate admits broken Pods, since the API server rejects those: mode enforce could be evaded. */
test('a toleration of the most seconds that Kubernetes accepts does not keep a Pod from being judged', () => {
  // An int64 of Go, which no number of JavaScript holds exactly.
  const seconds = '9223372036854775807';
  const toleration = `{"key":"a","operator":"Exists","effect":"NoExecute","tolerationSeconds":${seconds}}`;
  const pod = JSON.parse(`{"spec":{"containers":[{"name":"app"}],"tolerations":[${toleration}]}}`) as object;
  expect(readPod(pod)).toBe(pod);
});

test('a fraction is still no number of seconds', () => {
  const pod = { spec: { containers: [{ name: 'app' }], tolerations: [{ tolerationSeconds: 1.5 }] } };
  expect(() => readPod(pod)).toThrow('expected a whole number');
});
