import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { runDemo } from '../../../src/cli/demo/run-demo.ts';
import { createConfigurationReader } from '../../../src/config/configuration-reader.ts';
import { policySettings, type PolicySettings } from '../../../src/policy/settings.ts';
import { assembleAssess } from '../../../src/wire/assemble-assess.ts';
import { wireDemo } from '../../../src/wire/wire-demo.ts';
import { MANIFESTS } from '../../support/cli/run-wasmgate.ts';

const defaults = createConfigurationReader({ policy: policySettings }).defaults();

/** Runs the demo with a policy that it was not written for. */
async function demoUnder(policy: Partial<PolicySettings>) {
  const deps = wireDemo({
    manifests: MANIFESTS,
    assemble: (parts) => assembleAssess(parts, { policy: { ...defaults.policy, ...policy } }),
  });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const output = text(stdout);
  const code = await runDemo(deps, { stdout, stderr, env: {} }, { isFull: false });
  stdout.end();
  return { code, output: await output };
}

test('the demo reports unexpected results, and exits with 1', async () => {
  const { code, output } = await demoUnder({ preferRuntimeClasses: ['crun-wasm'], mode: 'off' });
  expect(code).toBe(1);
  expect(output).toContain('UNEXPECTED: outcome: expected changed, found untouched');
  expect(output).toContain('UNEXPECTED: no mention of wasmtime-spin-v2');
  expect(output).toContain('1 of 8 behaved as expected');
});

test('the demo reports another RuntimeClass', async () => {
  const { code, output } = await demoUnder({ preferRuntimeClasses: [] });
  expect(code).toBe(1);
  expect(output).toContain('UNEXPECTED: RuntimeClass: expected crun-wasm, found wasmtime');
});

test('the demo reports a missing denial', async () => {
  const { code, output } = await demoUnder({ preferRuntimeClasses: ['crun-wasm'], mode: 'warn' });
  expect(code).toBe(1);
  expect(output).toContain('UNEXPECTED: outcome: expected denied, found changed');
});
