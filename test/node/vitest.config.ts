import { defineConfig } from 'vitest/config';

delete process.env['FORCE_COLOR'];
delete process.env['NO_COLOR'];

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    // Safeguards, not expectations: the node shares two cores with the tests.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    // They mostly wait for the node.
    maxWorkers: 4,
    maxConcurrency: 8,
    expect: { poll: { timeout: 90_000 } },
    projects: [
      {
        extends: true,
        test: { name: 'suite', include: ['test/node/suite/*.test.ts'], sequence: { groupOrder: 0 } },
      },
      {
        // They stop wasmgate, or measure: one after another, when no other test runs.
        extends: true,
        test: {
          name: 'alone',
          include: ['test/node/suite/alone/*.test.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
