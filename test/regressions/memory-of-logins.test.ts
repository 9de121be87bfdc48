import { expect, test } from 'vitest';
import { REGISTRY_LIMITS } from '../../src/registry/limits.ts';
import { createLoginCache } from '../../src/registry/login/login-cache.ts';

/** One namespace can name any number of repositories of its own registry, with tokens of any length. */
test('logins are bounded by their total length, not only by their number', () => {
  const logins = createLoginCache({ now: () => 0 }, REGISTRY_LIMITS);
  const authorization = `Bearer ${'x'.repeat(REGISTRY_LIMITS.tokenBytes)}`;
  const subjects = Array.from({ length: REGISTRY_LIMITS.logins }, (_, index) => {
    const repository = `app-${index}`;
    return { registry: 'registry.example', repository, reference: `registry.example/${repository}:1` };
  });
  for (const subject of subjects) logins.set(subject, null, { authorization, milliseconds: 1000 });
  const kept = subjects.filter((subject) => logins.get(subject, null) !== null);
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.length * authorization.length).toBeLessThanOrEqual(REGISTRY_LIMITS.loginsBytes);
});
