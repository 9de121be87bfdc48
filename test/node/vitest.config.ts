import { defineConfig } from 'vitest/config';

delete process.env['FORCE_COLOR'];
delete process.env['NO_COLOR'];

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/node/suite/**/*.test.ts'],
    // Safeguards, not expectations: the node shares two cores with the tests.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    // They mostly wait for the node.
    maxWorkers: 4,
    expect: { poll: { timeout: 90_000 } },
  },
});
