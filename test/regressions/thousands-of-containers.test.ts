import { expect, test } from 'vitest';
import { readPod } from '../../src/pod/read-pod.ts';
import { DEFAULTS, reasonOutOfScope } from '../../src/pod/scope.ts';

const MOST = DEFAULTS.maxContainers;

function containers(count: number) {
  return Array.from({ length: count }, (_, index) => ({ name: `c${index}`, image: 'example.com/app:1' }));
}

/** 30,000 containers kept the whole process from answering anybody for four seconds, once for each of the two webhooks. */
test.for<readonly [name: string, spec: object, isLeftAlone: boolean]>([
  ['as many as are judged', { containers: containers(MOST) }, false],
  ['one more', { containers: containers(MOST + 1) }, true],
  ['one more, among all kinds', { containers: containers(MOST - 1), initContainers: containers(2) }, true],
  ['debug containers', { containers: containers(1), ephemeralContainers: containers(MOST) }, true],
])('a Pod with %s', ([, spec, isLeftAlone]) => {
  const reason = reasonOutOfScope(readPod({ spec }));
  expect(reason).toBe(isLeftAlone ? `it has more than ${MOST} containers` : null);
});
