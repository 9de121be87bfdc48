import { defineConfig } from 'vitest/config';

/** Tests on real servers outside of test/e2e are called real-*. */
const ON_SERVERS = ['test/e2e/*.test.ts', 'test/**/real-*.test.ts'];
const ON_STAGE = ['test/e2e/admission/*.test.ts'];
/** Only `npm run test:node` runs these. */
const ON_NODE = ['test/node/suite/**'];

// What is under test writes for a pipe, whatever the terminal or the CI around wishes: tests that want colors say so.
delete process.env['FORCE_COLOR'];
delete process.env['NO_COLOR'];

// For programs that read the results: where the report goes.
const report = process.env['WASMGATE_TEST_REPORT'];

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    // Safeguards, not expectations: whatever takes 5 s on a quiet machine takes a minute on one that builds something else
    // meanwhile, and a test that fails there shows nothing.
    testTimeout: 90_000,
    hookTimeout: 300_000,
    // Tests on real servers mostly wait: two at a time, as two cores suggest, would take half as long again.
    maxWorkers: 4,
    expect: { poll: { timeout: 60_000 } },
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...ON_SERVERS, ...ON_STAGE, ...ON_NODE],
        },
      },
      {
        extends: true,
        test: {
          name: 'servers',
          include: ON_SERVERS,
          globalSetup: 'test/e2e/setup.ts',
          testTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'admission',
          include: ON_STAGE,
          globalSetup: 'test/e2e/admission/setup.ts',
          testTimeout: 180_000,
        },
      },
    ],
  },
});
