import { expect, test } from 'vitest';
import { changedImages } from '../../src/pod/changed-images.ts';
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

/** Each was looked for among all that were there before: 30,000 of them, and one new label, took two seconds. */
test('each container of an update is looked at a few times, however many there are', () => {
  let looks = 0;
  const counted = (count: number) =>
    containers(count).map(({ name, image }) => ({
      image,
      get name() {
        looks += 1;
        return name;
      },
    }));
  const count = 3000;
  const before = { spec: { containers: counted(count) } };
  const after = { spec: { containers: [...counted(count), { name: 'new', image: 'example.com/new:1' }] } };
  expect(changedImages(before, after)?.after.spec.containers).toHaveLength(1);
  expect(looks).toBeGreaterThan(count);
  expect(looks).toBeLessThan(10 * count);
});
