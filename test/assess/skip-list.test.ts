import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createSkipList } from '../../src/assess/skip-list.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test.each<[string, string, boolean]>([
  ['internal.example/*', 'internal.example/team/app:1', true],
  ['internal.example/*', 'internal.example:5000/app', false],
  ['internal.example/app', `internal.example/app:1@${DIGEST}`, true],
  ['*', 'nginx', true],
  ['*/sidecars/*', 'registry.example/sidecars/proxy', true],
  ['docker.io/library/*', 'nginx:1', true],
  ['docker.io/library/nginx', 'index.docker.io/nginx', true],
  ['nginx', 'nginx:1', true],
  ['nginx', 'docker.io/library/nginx', true],
  ['nginx', 'docker.io/bitnami/nginx', false],
  ['nginx', 'registry.example/nginx', false],
  ['library/nginx', 'nginx', true],
  ['istio/*', 'docker.io/istio/proxyv2:1.20', true],
  ['istio/*', 'registry.example/istio/proxyv2', false],
  ['nginx', 'NOT A REFERENCE', false],
  ['docker.io/library/*', `docker.io/library/${'a'.repeat(64)}`, true],
  ['registry.example/*', 'docker.io/registry.example/app', false],
  ['registry.example/*', 'docker.io/library/registry.example/app', false],
  ['localhost/*', 'docker.io/localhost/app', false],
  ['team/app', 'docker.io/library/team/app', false],
])('pattern %s on %s: %s', (pattern, image, isSkipped) => {
  const skipList = createSkipList(['other.example/*', pattern]);
  expect(skipList(image)).toBe(isSkipped ? pattern : null);
  // From the cache.
  expect(skipList(image)).toBe(isSkipped ? pattern : null);
});

/** Ten thousand images of 800 characters took 16 MB, without a bound on any namespace's share. */
test('the cache of images is bounded in bytes', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const skipList = createSkipList(['internal.example/*']);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 30_000; index += 1)
    skipList(`r.example/${'a'.repeat(200)}/${index}:${'t'.repeat(100)}@sha256:${'a'.repeat(64)}`);
  collect();
  expect((process.memoryUsage().heapUsed - before) / 2 ** 20).toBeLessThan(6);
  expect(skipList('internal.example/app')).toBe('internal.example/*');
});
