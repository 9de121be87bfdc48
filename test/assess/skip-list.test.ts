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
  // From memory.
  expect(skipList(image)).toBe(isSkipped ? pattern : null);
});
