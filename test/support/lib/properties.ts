import { configureGlobal } from 'fast-check';

// Properties try the same values at every run, so that a change is judged by what it changes and not by what came up. Who
// searches names another seed; what fails tells its own.
configureGlobal({ seed: Number(process.env['WASMGATE_TEST_SEED'] ?? 20_261_121) });

export * as fc from 'fast-check';
