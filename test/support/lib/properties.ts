import { configureGlobal } from 'fast-check';

// Properties use the same values at every run, so that only a change of the code changes a result. To search, set another
// seed; a failure prints its own.
configureGlobal({ seed: Number(process.env['WASMGATE_TEST_SEED'] ?? 20_261_121) });

export * as fc from 'fast-check';
