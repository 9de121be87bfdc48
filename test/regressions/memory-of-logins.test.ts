import { expect, test } from 'vitest';
import { DEFAULTS } from '../../src/registry/limits.ts';
import { createLogins } from '../../src/registry/login/logins.ts';

/** One namespace can name any number of repositories of its own registry, whose tokens are as long as it likes. */
test('logins are bounded by their total length, not only by their number', () => {
  const logins = createLogins({ now: () => 0 }, DEFAULTS);
  const authorization = `Bearer ${'x'.repeat(DEFAULTS.tokenBytes)}`;
  const subjects = Array.from({ length: DEFAULTS.logins }, (_, index) => {
    const repository = `app-${index}`;
    return { registry: 'registry.example', repository, reference: `registry.example/${repository}:1` };
  });
  for (const subject of subjects) logins.remember(subject, null, { authorization, milliseconds: 1000 });
  const kept = subjects.filter((subject) => logins.get(subject, null) !== null);
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.length * authorization.length).toBeLessThanOrEqual(DEFAULTS.loginsBytes);
});
